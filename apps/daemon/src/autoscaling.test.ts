/** Autoscaling on a real machine, asked for with real kubectl. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { outerKubectls as kubectls } from "../../../test/kubectls.ts";
import { Client } from "./kubectl-client.test.ts";
import { until, withStage } from "./stage.test.ts";

/** Pods that work as hard as they can, and ask for very little. */
const deployment: JsonObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "busy" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "busy" } },
    template: {
      metadata: { labels: { app: "busy" } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: "main",
            image: "localhost/beemesh-hello:1",
            imagePullPolicy: "Never",
            command: ["sh", "-c", "while :; do :; done"],
            resources: { requests: { cpu: "1m" } },
          },
        ],
      },
    },
  },
};

const robots: JsonObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "robots.acme.io" },
  spec: {
    group: "acme.io",
    scope: "Namespaced",
    names: { plural: "robots", singular: "robot", kind: "Robot" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { size: { type: "integer" } } },
              status: { type: "object", properties: { size: { type: "integer" } } },
            },
          },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" },
        },
      },
    ],
  },
};

describe("kubectl autoscale", { skip: kubectls.length === 0 && "there is no kubectl" }, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version}: a busy workload grows, and its size is the autoscaler's`, () =>
      withStage(async (make) => {
        const machine = make("m1");
        machine.found();
        await machine.plantImage();
        await machine.start();
        const client = new Client(machine, path);
        await client.done("apply --server-side -f -", deployment);
        await client.done("rollout status deploy/busy --timeout=60s");
        await client.done("autoscale deployment busy --min=1 --max=2 --cpu-percent=50");
        await until(
          "it has grown",
          async () =>
            /"replicas":2/u.test(await client.done("get deploy busy -o jsonpath={.spec}")),
          60_000,
        );
        const hpa = await client.done("describe hpa busy");
        assert.match(hpa, /SuccessfulRescale .*New size: 2; reason: cpu resource utilization/u);
        assert.match(hpa, /ScalingActive +True +ValidMetricFound/u);
        assert.match(
          await client.done("get hpa busy"),
          /Deployment\/busy +cpu: \d+%\/50% +1 +2 +/u,
        );
        const refused = await client.run("apply --server-side -f -", deployment);
        assert.notEqual(refused.code, 0);
        assert.match(refused.output, /conflict with "kube-controller-manager"/u);
        assert.match(refused.output, /\.spec\.replicas/u);
        await client.done("delete hpa,deploy busy --timeout=60s");
        await until(
          "its pods are gone",
          async () => (await client.done("get pods -o name")) === "",
        );
      }));

    test(`${version}: a custom resource is brought within its bounds`, () =>
      withStage(async (make) => {
        const machine = make("m1");
        machine.found();
        await machine.start();
        const client = new Client(machine, path);
        await client.done("apply -f -", robots);
        await client.done("wait --for=condition=Established crd/robots.acme.io --timeout=30s");
        const robot = { apiVersion: "acme.io/v1", kind: "Robot", metadata: { name: "r" } };
        await client.done("apply -f -", { ...robot, spec: { size: 1 } });
        await client.done("apply -f -", {
          apiVersion: "autoscaling/v2",
          kind: "HorizontalPodAutoscaler",
          metadata: { name: "r" },
          spec: {
            scaleTargetRef: { apiVersion: "acme.io/v1", kind: "Robot", name: "r" },
            minReplicas: 3,
            maxReplicas: 5,
          },
        });
        const size = "get robots r -o jsonpath={.spec.size}";
        await until("it has its least size", async () => (await client.done(size)) === "3");
        assert.match(await client.done("describe hpa r"), /below Spec.MinReplicas/u);
      }));
  }
});

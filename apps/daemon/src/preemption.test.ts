/** More important pods take the places of others, asked for with real kubectl. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { outerKubectls as kubectls } from "../../../test/kubectls.ts";
import { Client } from "./kubectl-client.test.ts";
import { until, withStage } from "./stage.test.ts";

const values = { low: 10, high: 1000, meek: 1000 } as const;

function classOf(name: keyof typeof values): JsonObject {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value: values[name],
    preemptionPolicy: name === "meek" ? "Never" : "PreemptLowerPriority",
  };
}

function podOf(name: string, priorityClassName: keyof typeof values, cpu: string): JsonObject {
  const main = { name: "main", image: "localhost/beemesh-hello:1", imagePullPolicy: "Never" };
  const resources = { requests: { cpu } };
  // Deaf to TERM, so that the place is free only when its grace is over.
  const command = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      priorityClassName,
      priority: values[priorityClassName],
      preemptionPolicy: priorityClassName === "meek" ? "Never" : "PreemptLowerPriority",
      terminationGracePeriodSeconds: 4,
      containers: [{ ...main, command, resources }],
    },
  };
}

describe("a pod of a higher priority", {
  skip: kubectls.length === 0 && "there is no kubectl",
}, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version}: takes the place of a lower one, whose end it awaits`, () =>
      withStage(async (make) => {
        const machine = make("m1", { settings: { cpuMillicores: "1000" } });
        machine.found();
        await machine.plantImage();
        await machine.start();
        const client = new Client(machine, path);
        for (const name of ["low", "high", "meek"] as const) {
          await client.done("apply -f -", classOf(name));
        }
        await client.done("apply -f -", podOf("first", "low", "600m"));
        await client.done("apply -f -", podOf("second", "low", "300m"));
        await client.done("wait --for=condition=Ready pod/first pod/second --timeout=60s");
        await client.done("apply -f -", podOf("polite", "meek", "700m"));
        const refusals = "get events --field-selector reason=FailedScheduling";
        await until("the polite one has no place", async () =>
          /1 Insufficient cpu/u.test(await client.done(refusals)),
        );
        assert.equal(
          await client.done("get pod first -o jsonpath={.metadata.deletionTimestamp}"),
          "",
        );
        await client.done("apply -f -", podOf("urgent", "high", "700m"));
        await until("it is told where it will run", async () => {
          const status = "get pod urgent -o jsonpath={.status.nominatedNodeName}";
          const { output } = await client.run(status);
          return output === "m1";
        });
        const going = await client.done("get pod first -o jsonpath={.status.conditions}");
        assert.match(going, /"reason":"PreemptionByScheduler"/u);
        assert.match(going, /"type":"DisruptionTarget"/u);
        await client.done("wait --for=condition=Ready pod/urgent --timeout=60s");
        assert.equal((await client.run("get pod first")).code, 1);
        assert.equal(await client.done("get pod second -o jsonpath={.status.phase}"), "Running");
        const events = await client.done("get events --field-selector reason=Preempted");
        assert.match(events, /pod\/first +Preempted by pod [-0-9a-f]{36} on node m1/u);
        await client.done("delete pod --all --timeout=60s");
      }));
  }
});

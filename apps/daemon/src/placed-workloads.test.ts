/** StatefulSets and DaemonSets on a real machine, asked for with real kubectl. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { outerKubectls as kubectls } from "../../../test/kubectls.ts";
import { Client } from "./kubectl-client.test.ts";
import { until, withStage } from "./stage.test.ts";

function workload(kind: string, name: string, rest: JsonObject): JsonObject {
  const labels = { app: name };
  const main = { name: "main", image: "localhost/beemesh-hello:1", imagePullPolicy: "Never" };
  const containers = [{ ...main, command: ["sleep", "600"] }];
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers } },
      ...rest,
    },
  };
}

function withClient(path: string, play: (client: Client) => Promise<void>): Promise<void> {
  return withStage(async (make) => {
    const machine = make("m1");
    machine.found();
    await machine.plantImage();
    await machine.start();
    await play(new Client(machine, path));
  });
}

const uids = "get pods -o jsonpath={.items[*].metadata.uid}";

describe("workloads of which each pod has a place", {
  skip: kubectls.length === 0 && "there is no kubectl",
}, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version}: a StatefulSet is rolled out, back, and scaled in order`, () =>
      withClient(path, async (client) => {
        const set = workload("StatefulSet", "db", { replicas: 2, serviceName: "db" });
        await client.done("apply -f -", set);
        assert.match(await client.done("rollout status sts/db --timeout=60s"), /complete/u);
        assert.equal(
          await client.done("get pods -o jsonpath={.items[*].metadata.name}"),
          "db-0 db-1",
        );
        const first = await client.done(uids);
        await client.done("set env sts/db STEP=2");
        await client.done("rollout status sts/db --timeout=60s");
        const second = await client.done(uids);
        assert(!second.split(" ").some((uid) => first.includes(uid)), `${first}, then ${second}`);
        const history = await client.done("rollout history sts/db");
        assert.match(history, /^1 +<none>\n2 +<none>$/mu);
        await client.done("rollout undo sts/db");
        await client.done("rollout status sts/db --timeout=60s");
        const env = "get pod db-0 -o jsonpath={.spec.containers[0].env}";
        assert.equal(await client.done(env), "");
        await client.done("scale sts/db --replicas=1");
        await client.done("wait --for=delete pod/db-1 --timeout=60s");
        await client.done("delete sts db --timeout=60s");
        await until("its pods are gone", async () => (await client.done(uids)) === "");
      }));

    test(`${version}: a DaemonSet has its pod, and takes it along`, () =>
      withClient(path, async (client) => {
        await client.done("apply -f -", workload("DaemonSet", "agent", {}));
        assert.match(await client.done("rollout status ds/agent --timeout=60s"), /rolled out/u);
        assert.match(await client.done("get ds agent"), /agent +1 +1 +1 +1 +1/u);
        const first = await client.done(uids);
        await client.done("set env ds/agent STEP=2");
        await client.done("rollout status ds/agent --timeout=60s");
        assert.notEqual(await client.done(uids), first);
        await client.done("delete ds agent --timeout=60s");
        await until("its pod is gone", async () => (await client.done(uids)) === "");
      }));
  }
});

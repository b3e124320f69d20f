/** StatefulSets: pods that come, change and go one after another. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { nameOf, textAt } from "./client.ts";
import { workload } from "./manifest.ts";
import { podMsMax, readyPods, untilPod } from "./pod-run.ts";
import { change, make, untilVersions, version, versionOf } from "./version.ts";
import { countOf, type World } from "./world.ts";

async function untilCrew(world: World, names: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  await world.until(
    () => `pods ${names.join()}; ready are ${last.join()}`,
    async () => {
      last = (await readyPods(world, "web")).map(nameOf).toSorted();
      return last.join() === names.join();
    },
    podMsMax,
  );
}

/** Ready while a file is there, which a test makes in the container. */
const readyByFile = (): JsonObject =>
  version("one", {
    readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 1 },
  });

export const crews: Behaviours = {
  "apps StatefulSet Scaling predictable order and halt": async (world) => {
    const watch = await world.watch("pods", "?labelSelector=app%3Dweb");
    await world.create(
      "statefulsets",
      workload("statefulsets", "web", { replicas: 2, pod: readyByFile() }),
    );
    await untilPod(
      world,
      "web-0",
      "Running",
      (found) => textAt(found, "status", "phase") === "Running",
    ).catch(() => undefined);
    await world.untilSeen("statefulsets", "web", (found) => countOf(found, "replicas") === 1);
    // The first is not ready, so that there is no second.
    assert.deepEqual((await world.list("pods")).map(nameOf), ["web-0"]);
    const healthy = { spec: { template: { spec: version("one") } } };
    await world.patch("statefulsets", "web", healthy);
    await world.ok(`DELETE ${world.path("pods", "web-0")}`);
    await untilCrew(world, ["web-0", "web-1"]);
    await world.patch("statefulsets", "web/scale", { spec: { replicas: 3 } });
    await untilCrew(world, ["web-0", "web-1", "web-2"]);
    await world.patch("statefulsets", "web/scale", { spec: { replicas: 0 } });
    await world.until("no pods", async () => (await world.list("pods")).length === 0, podMsMax);
    const ended = watch.events
      .filter(({ type }) => type === "DELETED")
      .map(({ object }) => nameOf(object));
    assert.deepEqual(ended.slice(-3), ["web-2", "web-1", "web-0"]);
  },
  "apps StatefulSet Burst scaling unhealthy": async (world) => {
    const spec = { podManagementPolicy: "Parallel" };
    await world.create(
      "statefulsets",
      workload("statefulsets", "web", { replicas: 3, spec, pod: readyByFile() }),
    );
    await world.until(
      "three that run",
      async () => {
        return (
          (await world.list("pods")).filter((each) => textAt(each, "status", "phase") === "Running")
            .length === 3
        );
      },
      podMsMax,
    );
    assert.equal((await readyPods(world, "web")).length, 0);
    await world.patch("statefulsets", "web/scale", { spec: { replicas: 1 } });
    await world.until(
      "one pod",
      async () => (await world.list("pods")).map(nameOf).join() === "web-0",
      podMsMax,
    );
  },
  "apps StatefulSet rolling updates and roll backs": async (world) => {
    await make(world, "statefulsets", 2);
    await untilCrew(world, ["web-0", "web-1"]);
    const first = textAt(await world.get("statefulsets", "web"), "status", "currentRevision");
    await change(world, "statefulsets", "two");
    await untilVersions(world, ["two", "two"]);
    const updated = await world.untilSeen(
      "statefulsets",
      "web",
      (found) =>
        countOf(found, "updatedReplicas") === 2 &&
        textAt(found, "status", "currentRevision") !== first,
    );
    assert.equal(
      textAt(updated, "status", "currentRevision"),
      textAt(updated, "status", "updateRevision"),
    );
    await change(world, "statefulsets", "one");
    await untilVersions(world, ["one", "one"]);
    await world.untilSeen(
      "statefulsets",
      "web",
      (found) => textAt(found, "status", "currentRevision") === first,
    );
  },
  "apps StatefulSet canary updates phased": async (world) => {
    const partition = (from: number): JsonObject => ({
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: from } },
    });
    await make(world, "statefulsets", 2, partition(2));
    await untilCrew(world, ["web-0", "web-1"]);
    await change(world, "statefulsets", "two");
    await world.untilSeen(
      "statefulsets",
      "web",
      (found) => countOf(found, "observedGeneration") === 2,
    );
    assert.deepEqual((await readyPods(world, "web")).map(versionOf), ["one", "one"]);
    await world.patch("statefulsets", "web", { spec: partition(1) });
    const pods = await untilVersions(world, ["one", "two"]);
    assert.equal(nameOf(pods.find((each) => versionOf(each) === "two")), "web-1");
    await world.patch("statefulsets", "web", { spec: partition(0) });
    await untilVersions(world, ["two", "two"]);
  },
  "apps StatefulSet recreate evicted": async (world) => {
    await make(world, "statefulsets", 1);
    await untilCrew(world, ["web-0"]);
    const before = textAt(await world.get("pods", "web-0"), "metadata", "uid");
    await world.ok(`POST ${world.path("pods", "web-0", "eviction")}`, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "web-0" },
    });
    await world.until(
      "another web-0",
      async () => {
        const [found = {}] = await readyPods(world, "web");
        return nameOf(found) === "web-0" && textAt(found, "metadata", "uid") !== before;
      },
      podMsMax,
    );
  },
};

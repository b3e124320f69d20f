import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Drill } from "./drill.ts";
import { podOf, Stage, startWallMs } from "./stage.ts";

describe("Pods", () => {
  test("starts nothing before it knows what is there", () => {
    const stage = new Stage();
    assert.deepEqual(stage.assign(podOf()), []);
    assert.match(JSON.stringify(stage.found()), /createPod/u);
  });

  test("tells its status again when another has overwritten it", () => {
    const stage = Stage.running(podOf());
    const status = stage.statuses.get("U");
    assert(status);
    assert.deepEqual(stage.assign({ ...podOf(), status }), []);
    const effects = stage.assign({ ...podOf(), status: { ...status, phase: "Unknown" } });
    assert.deepEqual(effects, [
      { kind: "status", uid: "U", namespace: "default", name: "web-1", status },
    ]);
  });

  test("knows since when a pod is held, and claims none that has ended", () => {
    const stage = Stage.running(podOf({ restartPolicy: "Never" }));
    assert.equal(stage.pods.heldSinceMs("U"), startWallMs);
    stage.exited(0);
    assert.equal(stage.pods.heldSinceMs("U"), undefined);
    assert.deepEqual(stage.pods.uids(), ["U"]);
  });

  test("begins a pod anew that was given back while it was ending", () => {
    const stage = Stage.running(podOf());
    stage.step({ kind: "unassign", uid: "U", reason: "elsewhere" });
    assert.deepEqual(stage.assign(podOf()), []);
    stage.exited(0);
    const effects = stage.report({ kind: "podRemoved", uid: "U" });
    assert.match(JSON.stringify(effects), /released.*createPod/u);
  });

  test("a later list tells of exits and losses that were missed", () => {
    const stage = Stage.running(podOf());
    const web = { name: "web", attempt: 0, id: "id" };
    const exit = { exitCode: 1, outOfMemory: false, finishedAtMs: startWallMs };
    const found = { uid: "U", namespace: "default", name: "web-1", ip: "10.1.0.2" };
    const effects = stage.found({ ...found, containers: [{ ...web, state: "exited", exit }] });
    assert.match(JSON.stringify(effects), /startContainer/u);
    assert.doesNotMatch(JSON.stringify(stage.at(29_999).found()), /pod.anew/u);
    assert.match(JSON.stringify(stage.at(30_000).found()), /pod.anew/u);
  });

  test("passes on what the runtime says of its health", () => {
    const event = { kind: "health", ok: false, message: "gone" } as const;
    assert.match(JSON.stringify(new Stage().step({ kind: "runtime", event })), /runtime.health/u);
  });
});

describe("whatever happens", () => {
  test("no container is started twice, and every pod can be deleted, for 500 seeds", () => {
    const reached = new Set<string>();
    for (let seed = 0; seed < 500; seed += 1) {
      const drill = new Drill(seed);
      drill.run(50);
      drill.deleteAll();
      assert.deepEqual(drill.pods.uids(), [], `seed ${seed}`);
      for (const phase of drill.phases) reached.add(phase);
    }
    assert.deepEqual([...reached].toSorted(), ["Failed", "Pending", "Running", "Succeeded"]);
  });

  test("the same seed gives the same run", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const [a, b] = [new Drill(seed), new Drill(seed)];
        a.run(30);
        b.run(30);
        assert.deepEqual([...a.phases], [...b.phases]);
      }),
      { numRuns: 20 },
    );
  });
});

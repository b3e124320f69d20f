/**
 * What Jobs make of single failures and successes.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jobPodName } from "@beemesh/model";
import { Scene } from "./job-play.test.ts";
import { podResource } from "./kinds.ts";

const exits = (action: string, ...values: readonly number[]): object => ({
  podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In", values } }] },
});

const indexed = (completions: number, rest: object = {}): object => ({
  completionMode: "Indexed",
  completions,
  parallelism: completions,
  ...rest,
});

/** How often the pods of an index have failed before this one, as its annotations tell. */
function failuresBefore(scene: Scene, slot: number, attempt: number): readonly unknown[] {
  const name = jobPodName(scene.job, { slot, attempt });
  const pod = scene.village.list(podResource).find(({ metadata }) => metadata.name === name);
  return ["job-index-failure-count", "job-index-ignored-failure-count"].map(
    (annotation) => pod?.metadata.annotations?.[`batch.kubernetes.io/${annotation}`],
  );
}

describe("a policy on failures", () => {
  test("ends a Job by one exit code, whatever its limit, and says which", () => {
    const scene = new Scene(indexed(3, exits("FailJob", 42))).end("Failed", 1, 42).pass(5000);
    assert.deepEqual(scene.conditions, [
      "FailureTarget=True PodFailurePolicy",
      "Failed=True PodFailurePolicy",
    ]);
    const name = jobPodName(scene.job, { slot: 1, attempt: 0 });
    const why =
      `Container main for pod default/${name} failed with exit code 42 ` +
      "matching FailJob rule at index 0";
    assert.deepEqual(scene.told("PodFailurePolicy"), [`PodFailurePolicy Job/pi: ${why}`]);
    assert.deepEqual([scene.pods.length, scene.status.failed], [0, 1]);
  });

  test("does not ask what no rule is about", () => {
    const scene = new Scene(exits("FailJob", 42)).end("Failed", 0, 43).pass(15_000);
    assert.deepEqual([scene.places, scene.status.failed, scene.conditions], [["0/1"], 1, []]);
  });

  test("may not count what it ignores, however often, but waits all the same", () => {
    const scene = new Scene({ ...exits("Ignore", 7), backoffLimit: 0 });
    for (const [attempt, waitMs] of [10_000, 20_000, 40_000].entries()) {
      assert.deepEqual(scene.places, [`0/${attempt}`]);
      scene.end("Failed", 0, 7).pass(waitMs - 2000);
      assert.deepEqual([scene.places, scene.status.failed], [[], undefined]);
      scene.pass(4000);
    }
    scene.end("Failed", 0, 1).pass(2000);
    assert.equal(scene.status.failed, 1);
    assert.match(scene.conditions[1] ?? "", /^Failed=True BackoffLimitExceeded/u);
  });

  test("may ignore that a pod was sent away", () => {
    const rule = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] };
    const scene = new Scene({ podFailurePolicy: { rules: [rule] }, backoffLimit: 0 });
    const [pod] = scene.pods;
    assert(pod);
    const conditions = [{ type: "DisruptionTarget", status: "True" }];
    scene.village.report({ ...pod, status: { phase: "Failed", conditions } });
    scene.pass(20_000);
    // The village goes on to hold the first one.
    assert.deepEqual([scene.places, scene.status.failed], [["0/0", "0/1"], undefined]);
    scene.end("Succeeded").pass(2000);
    assert.match(scene.conditions[1] ?? "", /^Complete=True/u);
  });
});

describe("indexes with a limit of their own", () => {
  test("fail by themselves while the others go on, and then so does the Job", () => {
    const scene = new Scene(indexed(3, { backoffLimitPerIndex: 1 }));
    assert.equal(scene.job.spec.backoffLimit, 2_147_483_647);
    assert.equal(scene.status.failedIndexes, "");
    scene.end("Failed", 1).pass(12_000);
    assert.deepEqual(scene.places, ["0/0", "1/1", "2/0"]);
    assert.deepEqual(failuresBefore(scene, 1, 1), ["1", undefined]);
    scene.end("Failed", 1).pass(60_000);
    assert.deepEqual([scene.places, scene.conditions], [["0/0", "2/0"], []]);
    assert.deepEqual([scene.status.failedIndexes, scene.status.failed], ["1", 2]);
    scene.end("Succeeded").pass(2000);
    assert.deepEqual(scene.conditions, [
      "FailureTarget=True FailedIndexes",
      "Failed=True FailedIndexes",
    ]);
    const { completedIndexes, failedIndexes, succeeded, failed } = scene.status;
    assert.deepEqual([completedIndexes, failedIndexes, succeeded, failed], ["0,2", "1", 2, 2]);
  });

  test("each wait for themselves", () => {
    const scene = new Scene(indexed(2, { backoffLimitPerIndex: 5 })).end("Failed", 0).pass(12_000);
    scene.end("Failed", 0).pass(2000).end("Failed", 1).pass(11_000);
    assert.deepEqual(scene.places, ["1/1"], "index 0 waits for 20 s, index 1 for 10 s");
    scene.pass(8000);
    assert.deepEqual(scene.places, ["0/2", "1/1"]);
  });

  test("stay failed when their pods are deleted", () => {
    const scene = new Scene(indexed(2, { backoffLimitPerIndex: 0 })).end("Failed", 1).pass(2000);
    scene.village.delete(podResource, jobPodName(scene.job, { slot: 1, attempt: 0 }));
    scene.pass(30_000);
    assert.deepEqual([scene.places, scene.status.failedIndexes], [["0/0"], "1"]);
  });

  test("end the Job when more of them fail than may", () => {
    const spec = { backoffLimitPerIndex: 0, maxFailedIndexes: 1 };
    const scene = new Scene(indexed(4, spec)).end("Failed", 0).pass(2000);
    assert.deepEqual([scene.places.length, scene.conditions], [3, []]);
    scene.end("Failed", 2).pass(5000);
    assert.match(scene.conditions[1] ?? "", /^Failed=True MaxFailedIndexesExceeded/u);
    assert.deepEqual([scene.pods.length, scene.status.failedIndexes], [0, "0,2"]);
  });

  test("may fail at once by an exit code, and not at all by another", () => {
    const rules = [
      { action: "FailIndex", onExitCodes: { operator: "In", values: [42] } },
      { action: "Ignore", onExitCodes: { operator: "In", values: [7] } },
    ];
    const spec = { backoffLimitPerIndex: 1, podFailurePolicy: { rules } };
    const scene = new Scene(indexed(2, spec)).end("Failed", 0, 42).end("Failed", 1, 7);
    scene.pass(12_000);
    assert.deepEqual([scene.places, scene.status.failedIndexes], [["1/1"], "0"]);
    assert.deepEqual(failuresBefore(scene, 1, 1), ["0", "1"]);
    scene.end("Failed", 1, 1).pass(22_000);
    assert.deepEqual(scene.places, ["1/2"], "one failure that counts is allowed");
    assert.deepEqual(failuresBefore(scene, 1, 2), ["1", "1"]);
    scene.end("Failed", 1, 1).pass(2000);
    assert.deepEqual([scene.status.failedIndexes, scene.status.failed], ["0,1", 3]);
    assert.match(scene.conditions[1] ?? "", /^Failed=True FailedIndexes/u);
  });
});

describe("a policy on successes", () => {
  const succeeds = (...rules: readonly object[]): object => ({ successPolicy: { rules } });

  test("completes a Job by some of its indexes, and ends the rest", () => {
    const scene = new Scene(indexed(5, succeeds({ succeededIndexes: "0,2-3" })));
    scene.end("Succeeded", 0).end("Succeeded", 1).end("Succeeded", 3).pass(1000);
    assert.deepEqual(scene.conditions, []);
    scene.end("Succeeded", 2).pass(100);
    assert.deepEqual(scene.conditions, ["SuccessCriteriaMet=True SuccessPolicy"]);
    scene.pass(5000);
    assert.match(scene.conditions[1] ?? "", /^Complete=True SuccessPolicy/u);
    assert.equal(scene.status.conditions?.[0]?.message, "Matched rules at index 0");
    const { completedIndexes, succeeded, failed, active } = scene.status;
    assert.deepEqual(
      [completedIndexes, succeeded, failed, active],
      ["0-3", 4, undefined, undefined],
    );
    assert.equal(scene.pods.length, 0);
  });

  test("completes it by so many, of all or of those that it names", () => {
    const any = new Scene(indexed(4, succeeds({ succeededCount: 2 })))
      .end("Succeeded", 3)
      .pass(1000);
    assert.deepEqual(any.conditions, []);
    assert.match(any.end("Succeeded", 1).pass(5000).conditions[1] ?? "", /^Complete=True/u);
    const named = { succeededIndexes: "0-2", succeededCount: 1 };
    const some = new Scene(indexed(4, succeeds({ succeededCount: 4 }, named)));
    some.end("Succeeded", 3).pass(1000);
    assert.deepEqual(some.conditions, []);
    some.end("Succeeded", 1).pass(5000);
    assert.equal(some.status.conditions?.[0]?.message, "Matched rules at index 1");
  });

  test("comes after failures", () => {
    const spec = { ...succeeds({ succeededCount: 1 }), backoffLimit: 0 };
    const scene = new Scene(indexed(2, spec)).end("Failed", 0).end("Succeeded", 1).pass(5000);
    assert.match(scene.conditions[1] ?? "", /^Failed=True BackoffLimitExceeded/u);
  });
});

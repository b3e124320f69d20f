import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "@beemesh/model";
import { backOffMs } from "./job-back-off.ts";
import { tallyOf } from "./job-pods.ts";
import { endedPod, jobOf, podOf, sceneOf } from "./job-scene.test.ts";

function waitMs(wallMs: number, ...pods: readonly Pod[]): number {
  return backOffMs(tallyOf(jobOf(), sceneOf(jobOf(), pods)), wallMs);
}

describe("the back-off of a Job", () => {
  test("is none without failures", () => {
    assert.equal(waitMs(0, podOf({}), endedPod({ slot: 1 }, "Succeeded", 1)), 0);
  });

  test("is 10 s, doubled with each failure, from the last one on", () => {
    const [first, second] = [endedPod({}, "Failed", 100), endedPod({ attempt: 1 }, "Failed", 200)];
    assert.equal(waitMs(100_000, first), 10_000);
    assert.equal(waitMs(104_000, first), 6000);
    assert.equal(waitMs(200_000, first, second), 20_000);
    assert.equal(waitMs(230_000, first, second), 0);
  });

  test("starts over after a success", () => {
    const pods = [endedPod({}, "Failed", 100), endedPod({ slot: 1 }, "Succeeded", 150)];
    assert.equal(waitMs(150_000, ...pods), 0);
    assert.equal(waitMs(160_000, ...pods, endedPod({ slot: 2 }, "Failed", 160)), 10_000);
  });

  test("ends at six minutes, also by a clock that is behind", () => {
    const pods = Array.from({ length: 20 }, (_, attempt) => endedPod({ attempt }, "Failed", 9000));
    assert.equal(waitMs(9_000_000, ...pods), 360_000);
    assert.equal(waitMs(0, ...pods), 360_000);
  });

  test("counts from when a pod without containers was deleted, not ready, or made", () => {
    const deleted = { deletionTimestamp: "1970-01-01T00:02:10Z", deletionGracePeriodSeconds: 30 };
    assert.equal(waitMs(100_000, podOf({}, { phase: "Running" }, deleted)), 10_000);
    const lastTransitionTime = "1970-01-01T00:01:40Z";
    const ready = { type: "Ready", status: "False", lastTransitionTime } as const;
    const failed = { phase: "Failed", conditions: [ready] } as const;
    assert.equal(waitMs(100_000, podOf({}, failed)), 10_000);
    const created = { creationTimestamp: "1970-01-01T00:01:40Z" };
    assert.equal(waitMs(100_000, podOf({}, { phase: "Failed" }, created)), 10_000);
  });
});

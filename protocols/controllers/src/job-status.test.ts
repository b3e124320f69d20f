import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Job, Pod } from "@beemesh/model";
import { tallyOf } from "./job-pods.ts";
import { endedPod, jobOf, podOf, sceneOf } from "./job-scene.test.ts";
import { jobStatus, jobStatusText } from "./job-status.ts";
import { verdictOf } from "./job-verdict.ts";

function statusOf(job: Job, ...pods: readonly Pod[]) {
  const tally = tallyOf(job, sceneOf(job, pods));
  return jobStatus(job, { tally, verdict: verdictOf(job, tally, 60_000), wallMs: 60_000 });
}

const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } as const;
const startTime = "1970-01-01T00:01:00Z";

describe("the status of a Job", () => {
  test("counts its pods, and says since when", () => {
    const pods = [podOf({}, ready), podOf({ slot: 1 }), endedPod({ slot: 2 }, "Succeeded", 1)];
    const { status, news } = statusOf(jobOf(), ...pods);
    assert.deepEqual(news, []);
    assert.deepEqual(status, {
      startTime,
      active: 2,
      ready: 1,
      terminating: 0,
      succeeded: 1,
      completedIndexes: "2",
      uncountedTerminatedPods: {},
    });
  });

  test("has its completion when all has ended", () => {
    const pods = [0, 1, 2].map((slot) => endedPod({ slot }, "Succeeded", 1));
    const { status, news } = statusOf(jobOf({}, { startTime: "x" }), ...pods);
    assert.deepEqual([status.completionTime, status.startTime], [startTime, "x"]);
    assert.deepEqual(
      news.map(({ reason }) => reason),
      ["Completed"],
    );
    const types = status.conditions?.map(({ type }) => type);
    assert.deepEqual(types, ["SuccessCriteriaMet", "Complete"]);
    assert.equal(status.conditions?.[1]?.lastTransitionTime, startTime);
  });

  test("says that it is to fail while something still runs", () => {
    const { status, news } = statusOf(jobOf({}, { failed: 7 }), podOf({}));
    assert.deepEqual(
      status.conditions?.map(({ type }) => type),
      ["FailureTarget"],
    );
    assert.deepEqual([news, status.completionTime], [[], undefined]);
  });

  test("is suspended and resumed", () => {
    const suspended = statusOf(jobOf({ suspend: true }));
    assert.equal(suspended.status.startTime, undefined);
    assert.equal(suspended.news[0]?.reason, "Suspended");
    const again = statusOf(jobOf({ suspend: true }, suspended.status));
    assert.deepEqual(again, { status: suspended.status, news: [] });
    const resumed = statusOf(jobOf({}, { ...suspended.status, startTime: "x" }));
    assert.deepEqual(
      [resumed.status.startTime, resumed.news[0]?.reason, resumed.status.conditions?.length],
      [startTime, "Resumed", 1],
    );
    assert.equal(resumed.status.conditions?.[0]?.status, "False");
  });

  test("as text is without times, but for whether there are any", () => {
    const { status } = statusOf(jobOf(), podOf({}));
    assert.equal(jobStatusText(status), jobStatusText({ ...status, startTime: "later" }));
    const { startTime: _, ...rest } = status;
    assert.notEqual(jobStatusText(status), jobStatusText(rest));
  });
});

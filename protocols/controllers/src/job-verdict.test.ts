import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Job, Pod } from "@beemesh/model";
import { tallyOf } from "./job-pods.ts";
import { endedPod, jobOf, podOf, sceneOf } from "./job-scene.test.ts";
import { conditionOf, deadlineInMs, isFinished, verdictOf } from "./job-verdict.ts";

function verdict(job: Job, ...pods: readonly Pod[]): string {
  const found = verdictOf(job, tallyOf(job, sceneOf(job, pods)), 100_000);
  return found.kind === "going" ? "going" : `${found.kind} ${found.reason}`;
}

describe("the verdict on a Job", () => {
  test("is that it goes on, until as many have succeeded as it wants", () => {
    const pods = [0, 1, 2].map((slot) => endedPod({ slot }, "Succeeded", 1));
    assert.equal(verdict(jobOf(), ...pods.slice(1)), "going");
    assert.equal(verdict(jobOf(), ...pods), "complete CompletionsReached");
  });

  test("is that it failed, beyond its limit", () => {
    const failed = endedPod({}, "Failed", 1);
    assert.equal(verdict(jobOf({ backoffLimit: 1 }), failed), "going");
    assert.equal(verdict(jobOf({ backoffLimit: 0 }), failed), "failed BackoffLimitExceeded");
    assert.equal(verdict(jobOf({}, { failed: 7 })), "failed BackoffLimitExceeded");
  });

  test("counts restarts in place of those that still run", () => {
    const state = { running: { startedAt: "1970-01-01T00:00:00Z" } };
    const container = { name: "main", image: "i", imageID: "", ready: true, state };
    const pod = (restartCount: number): Pod =>
      podOf({}, { phase: "Running", containerStatuses: [{ ...container, restartCount }] });
    const { template } = jobOf().spec;
    const spec = { ...template.spec, restartPolicy: "OnFailure" } as const;
    const job = jobOf({ backoffLimit: 2, template: { ...template, spec } });
    assert.equal(verdict(job, pod(1)), "going");
    assert.equal(verdict(job, pod(2)), "failed BackoffLimitExceeded");
    assert.equal(verdict(jobOf({ backoffLimit: 2 }), pod(9)), "going");
    assert.equal(verdict({ ...job, spec: { ...job.spec, backoffLimit: 0 } }, pod(0)), "going");
  });

  test("is that it took too long", () => {
    const startTime = "1970-01-01T00:00:00Z";
    const late = jobOf({ activeDeadlineSeconds: 100 }, { startTime });
    assert.equal(verdict(late), "failed DeadlineExceeded");
    assert.equal(deadlineInMs(late, 99_000), 1000);
    assert.equal(deadlineInMs(jobOf({}, { startTime }), 0), Infinity);
    assert.equal(deadlineInMs({ ...late, spec: { ...late.spec, suspend: true } }, 0), Infinity);
  });

  test("stays once it was told", () => {
    const target = { type: "FailureTarget", status: "True", reason: "Why", message: "m" } as const;
    const job = jobOf({}, { conditions: [target] });
    assert.equal(verdict(job), "failed Why");
    assert.equal(conditionOf(job, "FailureTarget"), target);
    assert(!isFinished(job));
    assert(isFinished(jobOf({}, { conditions: [{ type: "Failed", status: "True" }] })));
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ContainerStatus, Pod, PodFailureRule } from "@beemesh/model";
import { judgementOf } from "./job-failure.ts";
import { jobOf, podOf } from "./job-scene.test.ts";

function ended(name: string, exitCode: number): ContainerStatus {
  const state = { terminated: { exitCode, reason: "Ended" } };
  return { name, image: "i", imageID: "", ready: false, restartCount: 0, state };
}

function judged(pod: Pod, ...rules: readonly PodFailureRule[]): string {
  const { action, message } = judgementOf(jobOf({ podFailurePolicy: { rules } }), pod);
  return `${action} ${message}`.trimEnd();
}

const failed = podOf({}, { phase: "Failed", containerStatuses: [ended("main", 3)] });
const name = `default/${failed.metadata.name}`;

describe("judgementOf", () => {
  test("counts what no rule fits, and what there is no policy for", () => {
    assert.equal(judged(failed), "Count");
    assert.deepEqual(judgementOf(jobOf(), failed), { action: "Count", message: "" });
    const other = { operator: "In", values: [4] } as const;
    assert.equal(judged(failed, { action: "FailJob", onExitCodes: other }), "Count");
  });

  test("takes the first rule that fits", () => {
    const any = { operator: "NotIn", values: [0] } as const;
    const rules = (["Ignore", "FailJob"] as const).map((action) => ({ action, onExitCodes: any }));
    const why = `Container main for pod ${name} failed with exit code 3 matching`;
    assert.equal(judged(failed, ...rules), `Ignore ${why} Ignore rule at index 0`);
    assert.equal(judged(failed, ...rules.toReversed()), `FailJob ${why} FailJob rule at index 0`);
  });

  test("asks only containers that ended badly, and the one that a rule names", () => {
    const statuses = [ended("side", 0), ended("main", 3)];
    const initContainerStatuses = [ended("first", 5)];
    const pod = podOf({}, { phase: "Failed", containerStatuses: statuses, initContainerStatuses });
    const rule = (values: readonly number[], containerName?: string): PodFailureRule => ({
      action: "FailJob",
      onExitCodes: {
        operator: "In",
        values,
        ...(containerName === undefined ? {} : { containerName }),
      },
    });
    assert.match(judged(pod, rule([3, 5])), /^FailJob Container main /u);
    assert.match(judged(pod, rule([3, 5], "first")), /^FailJob Container first .* code 5 /u);
    assert.equal(judged(pod, rule([3], "side")), "Count");
    const notThree = { operator: "NotIn", values: [3], containerName: "side" } as const;
    assert.equal(judged(pod, { action: "FailJob", onExitCodes: notThree }), "Count");
  });

  test("asks for conditions and their status", () => {
    const conditions = [{ type: "DisruptionTarget", status: "True" }] as const;
    const pod = podOf({}, { phase: "Failed", conditions });
    const rule = (status?: string): PodFailureRule => ({
      action: "FailJob",
      onPodConditions: [
        { type: "Other" },
        { type: "DisruptionTarget", ...(status === undefined ? {} : { status }) },
      ],
    });
    const why = `Pod ${name} has condition DisruptionTarget matching FailJob rule at index 0`;
    assert.equal(judged(pod, rule()), `FailJob ${why}`);
    assert.equal(judged(pod, rule("False")), "Count");
  });
});

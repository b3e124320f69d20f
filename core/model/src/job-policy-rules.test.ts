import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

const jobs = resourceOfKind("batch/v1", "Job");
assert(jobs);
const podSpec = { containers: [{ name: "a", image: "b:1" }], restartPolicy: "Never" };

function complete(spec: object): KubeObject {
  assert(jobs);
  const whole = { template: { spec: podSpec }, ...spec };
  const metadata = { name: "pi" };
  return defaults(jobs, { apiVersion: "batch/v1", kind: "Job", metadata, spec: whole });
}

function check(spec: object): string[] {
  assert(jobs);
  return validate(jobs, complete(spec)).map(({ field, message }) => `${field}: ${message}`);
}

const valuesOf = (spec: object, ...members: readonly string[]): unknown[] => {
  const filled: Record<string, unknown> = Object(complete(spec).spec);
  return members.map((member) => filled[member]);
};

describe("limits and policies of Jobs", () => {
  const indexed = { completionMode: "Indexed", completions: 5 };
  const failing = (...rules: readonly object[]) => ({ podFailurePolicy: { rules } });
  const codes = (values: readonly number[], rest: object = {}) => ({
    action: "FailJob",
    onExitCodes: { operator: "In", values, ...rest },
  });
  const succeeding = (rule: object) => check({ ...indexed, successPolicy: { rules: [rule] } });

  test("have Kubernetes' defaults", () => {
    const spec = { ...indexed, backoffLimitPerIndex: 1 };
    assert.deepEqual(valuesOf(spec, "backoffLimit"), [2_147_483_647]);
    assert.deepEqual(valuesOf({ ...spec, backoffLimit: 3 }, "backoffLimit"), [3]);
    const policy = failing({ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] });
    const rule = {
      action: "Ignore",
      onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
    };
    assert.deepEqual(valuesOf(policy, "podFailurePolicy", "podReplacementPolicy"), [
      { rules: [rule] },
      "Failed",
    ]);
  });

  test("of indexes are of Indexed Jobs, and the number that may fail needs a limit", () => {
    assert.deepEqual(check({ ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 5 }), []);
    assert.deepEqual(check({ backoffLimitPerIndex: 1 }), [
      "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
    ]);
    assert.deepEqual(check({ ...indexed, maxFailedIndexes: 1 }), [
      "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
    ]);
    assert.deepEqual(check({ ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 6 }), [
      "spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions",
    ]);
    assert.match(
      check({ successPolicy: { rules: [] } }).join(),
      /requires indexed completion mode/,
    );
  });

  test("on failures have rules, of exit codes or of conditions", () => {
    const field = "spec.podFailurePolicy.rules[0]";
    assert.deepEqual(check(failing()), []);
    assert.deepEqual(check(failing(codes([1, 42]))), []);
    assert.deepEqual(check(failing({ action: "Count" })), [
      `${field}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
    ]);
    const conditions = { onPodConditions: [{ type: "DisruptionTarget" }] };
    assert.deepEqual(check(failing({ ...codes([1]), ...conditions })), [
      `${field}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`,
    ]);
    assert.deepEqual(check(failing({ ...codes([1]), action: "FailIndex" })), [
      `${field}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
    ]);
    assert.match(check(failing({ ...codes([1]), action: "Hope" }))[0] ?? "", /Unsupported value/);
    assert.match(check(failing({ ...codes([1]), action: "" }))[0] ?? "", /"FailIndex" "FailJob"/);
    assert.equal(check(failing(...Array.from({ length: 21 }, () => codes([1])))).length, 1);
  });

  test("on exit codes have them in order, and name a container that there is", () => {
    const field = "spec.podFailurePolicy.rules[0].onExitCodes";
    assert.deepEqual(check(failing(codes([0, 2]))), [
      `${field}.values[0]: Invalid value: 0: must not be 0 for the In operator`,
    ]);
    assert.deepEqual(check(failing(codes([]))), [
      `${field}.values: Invalid value: []: at least one value is required`,
    ]);
    assert.deepEqual(check(failing(codes([2, 1, 1]))), [
      `${field}.values[2]: Duplicate value: 1`,
      `${field}.values: Invalid value: [2,1,1]: must be ordered`,
    ]);
    assert.match(check(failing(codes([1], { containerName: "b" })))[0] ?? "", /must be one of/);
    assert.deepEqual(check(failing(codes([1], { containerName: "a" }))), []);
  });

  test("on failures ask that pods end for good, and that the next one waits for that", () => {
    const template = { spec: { ...podSpec, restartPolicy: "OnFailure" } };
    assert.deepEqual(check({ ...failing(codes([1])), template }), [
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported ' +
        "when podFailurePolicy is specified",
    ]);
    const spec = { ...failing(codes([1])), podReplacementPolicy: "TerminatingOrFailed" };
    assert.match(check(spec)[0] ?? "", /^spec.podReplacementPolicy: Unsupported value/);
  });

  test("on successes have indexes in order, and no more than there are", () => {
    const field = "spec.successPolicy.rules[0]";
    assert.deepEqual(succeeding({ succeededIndexes: "0,2-4", succeededCount: 4 }), []);
    assert.match(succeeding({})[0] ?? "", /at least one of succeededCount or succeededIndexes/);
    const why = `${field}.succeededIndexes: Invalid value`;
    for (const [text, rule] of [
      ["0-1-2", 'the fragment "0-1-2" violates the requirement'],
      ["x", 'cannot convert string to integer for index: "x"'],
      ["5", 'too large index: "5"'],
      ["2-2", "non-increasing order, previous: 2, current: 2"],
      ["2,1", "non-increasing order, previous: 2, current: 1"],
    ] as const) {
      const [found = ""] = succeeding({ succeededIndexes: text });
      assert(found.startsWith(`${why}: "${text}": error parsing succeededIndexes: ${rule}`), found);
    }
    assert.deepEqual(succeeding({ succeededCount: 6 }), [
      `${field}.succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of ` +
        "specified completions)",
    ]);
    assert.match(
      succeeding({ succeededIndexes: "0,2-3", succeededCount: 4 })[0] ?? "",
      /less than or equal to 3 \(the number of indexes in the specified/u,
    );
  });

  test("name who looks after the Job by a path below a domain", () => {
    assert.deepEqual(check({ managedBy: "example.com/other" }), []);
    assert.match(check({ managedBy: "other" })[0] ?? "", /must be a domain-prefixed path/);
    assert.equal(check({ managedBy: `example.com/${"x".repeat(60)}` }).length, 1);
  });
});

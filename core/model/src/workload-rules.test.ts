import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";
import { labelSelectorAt } from "./workload-rules.ts";

const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "a", image: "b" }] },
};

function check(spec: object, kind = "Deployment"): string[] {
  const resource = resourceOfKind("apps/v1", kind);
  assert(resource);
  const whole = { selector: { matchLabels: { app: "web" } }, template, ...spec };
  const body = { apiVersion: "apps/v1", kind, metadata: { name: "a" }, spec: whole };
  return validate(resource, body).map(({ field, message }) => `${field}: ${message}`);
}

describe("rules of workloads", () => {
  for (const kind of ["Deployment", "ReplicaSet"]) {
    test(`a ${kind} selects its own pods`, () => {
      assert.deepEqual(check({}, kind), []);
      assert.deepEqual(check({ selector: { matchLabels: { app: "db" } } }, kind), [
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match ' +
          "template `labels`",
      ]);
      assert.deepEqual(check({ selector: {} }, kind), [
        `spec.selector: Invalid value: {}: empty selector is invalid for ${kind.toLowerCase()}`,
      ]);
    });

    test(`the pods of a ${kind} run for ever`, () => {
      const spec = { ...template.spec, restartPolicy: "Never", activeDeadlineSeconds: 5 };
      assert.deepEqual(check({ template: { ...template, spec } }, kind), [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in " +
          "ReplicaSet is not Supported",
      ]);
    });
  }

  test("a strategy can make progress", () => {
    const rolling = (rollingUpdate: object, type = "RollingUpdate"): string[] =>
      check({ strategy: { type, rollingUpdate } });
    assert.deepEqual(rolling({ maxUnavailable: 0, maxSurge: 1 }), []);
    assert.deepEqual(rolling({ maxUnavailable: 0, maxSurge: "0%" }), [
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when " +
        "`maxSurge` is 0",
    ]);
    assert.equal(rolling({ maxUnavailable: "101%" }).length, 1);
    assert.equal(rolling({ maxSurge: "many" }).length, 1);
    assert.deepEqual(rolling({}, "Recreate"), [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is " +
        "'Recreate'",
    ]);
  });

  test("a deadline leaves time to become ready", () => {
    assert.deepEqual(check({ progressDeadlineSeconds: 5, minReadySeconds: 5 }), [
      "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
    ]);
  });
});

test("a selector is read from JSON", () => {
  const selector = {
    matchLabels: { a: "b" },
    matchExpressions: [
      { key: "c", operator: "In", values: ["d"] },
      { key: "e", operator: "Exists" },
    ],
  };
  assert.deepEqual(labelSelectorAt({ s: selector }, "s"), {
    matchLabels: { a: "b" },
    matchExpressions: [
      { key: "c", operator: "In", values: ["d"] },
      { key: "e", operator: "Exists", values: [] },
    ],
  });
});

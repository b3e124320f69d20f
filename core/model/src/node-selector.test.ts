import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matchesTerms, type NodeExpression, requiredTerms } from "./node-selector.ts";

const labels = { zone: "a", cores: "8" };

/** Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ */
describe("matchesTerms", () => {
  for (const [expression, expected] of [
    [{ key: "zone", operator: "In", values: ["a", "b"] }, true],
    [{ key: "zone", operator: "In", values: [] }, false],
    [{ key: "rack", operator: "In", values: ["a"] }, false],
    [{ key: "zone", operator: "NotIn", values: ["a"] }, false],
    [{ key: "rack", operator: "NotIn", values: ["a"] }, true],
    [{ key: "zone", operator: "Exists" }, true],
    [{ key: "rack", operator: "Exists" }, false],
    [{ key: "rack", operator: "DoesNotExist" }, true],
    [{ key: "cores", operator: "Gt", values: ["4"] }, true],
    [{ key: "cores", operator: "Lt", values: ["4"] }, false],
    [{ key: "rack", operator: "Gt", values: ["4"] }, false],
  ] satisfies readonly (readonly [NodeExpression, boolean])[]) {
    const { key, operator, values = [] } = expression;
    test(`${key} ${operator} ${values.join()} is ${expected}`, () => {
      assert.equal(matchesTerms([{ matchExpressions: [expression] }], labels, "n1"), expected);
    });
  }

  test("one of the terms must hold, all expressions of it, and an empty one never does", () => {
    const zone = { key: "zone", operator: "Exists" } as const;
    const rack = { key: "rack", operator: "Exists" } as const;
    assert(matchesTerms([{ matchExpressions: [rack] }, { matchExpressions: [zone] }], labels, "n"));
    assert(!matchesTerms([{ matchExpressions: [rack, zone] }], labels, "n1"));
    assert(!matchesTerms([{}], labels, "n1"));
    assert(!matchesTerms([], labels, "n1"));
  });

  test("fields are those of the node itself", () => {
    const named = { key: "metadata.name", operator: "In", values: ["n1"] } as const;
    assert(matchesTerms([{ matchFields: [named] }], labels, "n1"));
    assert(!matchesTerms([{ matchFields: [named] }], labels, "n2"));
  });
});

test("the terms of an affinity are read as they are, and what is not known holds nowhere", () => {
  const affinity = (nodeSelectorTerms: object[]): object => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  });
  assert.equal(requiredTerms(undefined), undefined);
  assert.equal(requiredTerms(affinity([])), undefined);
  const zone = { key: "zone", operator: "In", values: ["a"] };
  assert.deepEqual(requiredTerms(affinity([{ matchExpressions: [zone] }])), [
    { matchExpressions: [zone], matchFields: [] },
  ]);
  const odd = requiredTerms(affinity([{ matchExpressions: [{ ...zone, operator: "Near" }] }]));
  assert(odd && !matchesTerms(odd, labels, "n1"));
  const empty = requiredTerms(affinity([{}]));
  assert(empty && !matchesTerms(empty, labels, "n1"));
});

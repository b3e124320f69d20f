import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSelector, selects } from "./selector.ts";

const holds = (json: unknown, labels: Readonly<Record<string, string>> | undefined): boolean => {
  const selector = readSelector(json);
  assert(selector);
  return selects(selector, labels);
};

describe("selectors of policies", () => {
  test("select by labels and expressions together", () => {
    const json = {
      matchLabels: { app: "web" },
      matchExpressions: [
        { key: "tier", operator: "In", values: ["a", "b"] },
        { key: "old", operator: "DoesNotExist" },
        { key: "zone", operator: "NotIn", values: ["x"] },
        { key: "app", operator: "Exists", values: null },
      ],
    };
    assert(holds(json, { app: "web", tier: "b" }));
    assert(!holds(json, { app: "web", tier: "c" }));
    assert(!holds(json, { app: "web", tier: "a", old: "" }));
    assert(!holds(json, { app: "web", tier: "a", zone: "x" }));
    assert(!holds(json, {}));
  });

  test("select everything when empty, and nothing else of what is not known", () => {
    for (const json of [{}, { matchLabels: {}, matchExpressions: [] }, { matchLabels: null }]) {
      assert(holds(json, {}) && holds(json, undefined));
    }
    assert(!holds({ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, undefined));
  });

  for (const json of [
    undefined,
    null,
    [],
    "app=web",
    { matchLabels: [] },
    { matchLabels: { a: 1 } },
    { matchExpressions: {} },
    { matchExpressions: ["a"] },
    { matchExpressions: [{ key: "a", operator: "Near" }] },
    { matchExpressions: [{ key: "a", operator: "toString" }] },
    { matchExpressions: [{ key: "a", operator: "In" }] },
    { matchExpressions: [{ key: "a", operator: "In", values: [1] }] },
    { matchExpressions: [{ key: "a", operator: "In", values: "b" }] },
    { matchExpressions: [{ key: "a", operator: "Exists", values: ["b"] }] },
    { matchExpressions: [{ operator: "Exists" }] },
  ])
    test(`are not read of ${JSON.stringify(json)}`, () => {
      assert.equal(readSelector(json), undefined);
    });
});

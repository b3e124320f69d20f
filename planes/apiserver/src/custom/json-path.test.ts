import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "@beemesh/wire";
import { find, parseJsonPath, valueText } from "./json-path.ts";

const value: Json = {
  spec: {
    n: 3,
    "a.b": "dotted",
    list: [
      { k: "x", v: 1 },
      { k: "y", v: 2 },
    ],
  },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};

function found(path: string): readonly Json[] | undefined {
  const steps = parseJsonPath(path);
  return steps && find(steps, value);
}

test("paths find members, items and what a filter takes", () => {
  assert.deepEqual(found(".spec.n"), [3]);
  assert.deepEqual(found("spec.n"), [3]);
  assert.deepEqual(found(".spec['a.b']"), ["dotted"]);
  assert.deepEqual(found(String.raw`.spec.a\.b`), ["dotted"]);
  assert.deepEqual(found(".spec.list[-1].k"), ["y"]);
  assert.deepEqual(found(".spec.list[*].v"), [1, 2]);
  assert.deepEqual(found('.status.conditions[?(@.type=="Ready")].status'), ["True"]);
  assert.deepEqual(found(".spec.list[?(@.v>1)].k"), ["y"]);
  assert.deepEqual(found(".spec.list[?(@.k!='x')].v"), [2]);
  assert.deepEqual(found("..k"), ["x", "y"]);
  assert.deepEqual(found(".spec.none.deeper"), []);
  assert.deepEqual(found(".spec.constructor"), []);
});

test("what is no path is none", () => {
  for (const path of [".a[", ".a]", ".a[?(]", "a b", `.${"a".repeat(3000)}`]) {
    assert.equal(parseJsonPath(path), undefined, path);
  }
});

test("a value without a text of its own is shown as JSON", () => {
  assert.equal(valueText("a"), "a");
  assert.equal(valueText([1, { b: 2 }]), '[1,{"b":2}]');
});

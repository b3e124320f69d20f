import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "@beemesh/wire";
import { mergePatch } from "./merge-patch.ts";

/** The examples of RFC 7386, appendix A: target, patch, result. */
const examples: readonly (readonly [Json, Json, Json])[] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

for (const [target, patch, result] of examples) {
  const [targetText, patchText] = [target, patch].map((each) => JSON.stringify(each));
  test(`${targetText} and ${patchText} give ${JSON.stringify(result)}`, () => {
    assert.deepEqual(mergePatch(target, patch), result);
  });
}

test("the target stays as it was", () => {
  const target = { a: { b: 1 } };
  mergePatch(target, { a: { b: null } });
  assert.deepEqual(target, { a: { b: 1 } });
});

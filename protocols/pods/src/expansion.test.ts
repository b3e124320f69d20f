import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { expand, expandWhole } from "./expansion.ts";

describe("expand", () => {
  const variables = new Map([
    ["A", "1"],
    ["B", "$(A)"],
  ]);
  for (const [text, expected] of [
    ["$(A)-$(A)", "1-1"],
    ["$(MISSING)", "$(MISSING)"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$1"],
    ["$(A", "$(A"],
    ["$A 5$ $", "$A 5$ $"],
    ["$(B)", "$(A)"],
  ] as const) {
    test(`gives ${expected} for ${text}`, () => {
      assert.equal(expand(text, variables), expected);
    });
  }
});

test("expandWhole names each variable that says nothing, once", () => {
  const variables = new Map([
    ["A", "1"],
    ["EMPTY", ""],
  ]);
  assert.deepEqual(expandWhole("$(A)/$$(A)/x", variables), { text: "1/$(A)/x", unknown: [] });
  const { unknown } = expandWhole("$(NONE)/$(A)/$(EMPTY)/$(NONE)", variables);
  assert.deepEqual(unknown, ["EMPTY", "NONE"]);
});

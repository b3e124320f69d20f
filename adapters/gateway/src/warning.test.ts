import assert from "node:assert/strict";
import { validateHeaderValue } from "node:http";
import { describe, test } from "node:test";
import fc from "fast-check";
import { warningHeaders } from "./warning.ts";

describe("warningHeaders", () => {
  test("escapes quotes and backslashes", () => {
    assert.deepEqual(warningHeaders(['a "b" \\ c']), ['299 - "a \\"b\\" \\\\ c"']);
  });

  test("sends a doubled warning once, and at most 4096 characters", () => {
    assert.equal(warningHeaders(["a", "a"]).length, 1);
    const many = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(300)}`);
    assert(warningHeaders(many).join("").length <= 4096);
  });

  test("gives valid header values for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const header of warningHeaders([text])) validateHeaderValue("Warning", header);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ageOf, formatAge, formatTimestamp } from "./timestamp.ts";

test("formatTimestamp writes whole seconds, and no year that has five digits", () => {
  assert.equal(formatTimestamp(1_767_225_600_999), "2026-01-01T00:00:00Z");
  assert.equal(formatTimestamp(Number.MAX_SAFE_INTEGER), "9999-12-31T23:59:59Z");
});

describe("formatAge", () => {
  for (const [seconds, text] of [
    [-2, "<invalid>"],
    [-1, "0s"],
    [119, "119s"],
    [120, "2m"],
    [200, "3m20s"],
    [700, "11m"],
    [3600 * 3, "3h"],
    [3600 * 3 + 60, "3h1m"],
    [3600 * 47, "47h"],
    [3600 * 49, "2d1h"],
    [86_400 * 9, "9d"],
    [86_400 * 731, "2y1d"],
    [86_400 * 365 * 9, "9y"],
  ] as const) {
    test(`writes ${seconds} s as ${text}`, () => {
      assert.equal(formatAge(seconds * 1000), text);
    });
  }

  test("ageOf says <unknown> without a time", () => {
    assert.equal(ageOf(undefined, 0), "<unknown>");
    assert.equal(ageOf("1970-01-01T00:00:00Z", 5000), "5s");
  });
});

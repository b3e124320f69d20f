import assert from "node:assert/strict";
import { test } from "node:test";
import { flagIn, wholeIn } from "./query-value.ts";

const query = (text?: string): ReadonlyMap<string, readonly string[]> =>
  new Map(text === undefined ? [] : [["key", [text]]]);

test("a flag is true unless it is not there, 0 or false", () => {
  for (const [text, expected] of [
    [undefined, undefined],
    ["0", false],
    ["False", false],
    ["", true],
    ["1", true],
    ["yes", true],
  ] as const) {
    assert.equal(flagIn(query(text), "key"), expected, String(text));
  }
});

test("a whole number has 64 bits, and nothing else in it", () => {
  for (const [text, expected] of [
    [undefined, undefined],
    ["0", 0],
    ["+5", 5],
    ["-1", -1],
  ] as const) {
    const read = wholeIn(query(text), "key");
    assert.equal(read.ok && read.value, expected, String(text));
  }
  for (const [text, why] of [
    ["x", "invalid syntax"],
    ["", "invalid syntax"],
    ["1.5", "invalid syntax"],
    ["9223372036854775808", "value out of range"],
    ["-9223372036854775809", "value out of range"],
  ] as const) {
    const read = wholeIn(query(text), "key");
    assert(!read.ok, text);
    assert.equal(read.status.code, 400);
    assert.equal(read.status.message, `strconv.ParseInt: parsing "${text}": ${why}`);
  }
});

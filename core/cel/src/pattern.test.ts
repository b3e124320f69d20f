import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "./fault.ts";
import { found, isMatch, matches, patternError } from "./pattern.ts";

test("patterns are RE2's: what would need to go back is refused", () => {
  assert.equal(patternError("^[a-z]+$"), undefined);
  assert.match(patternError("(?=a)") ?? "", /error parsing regexp/u);
  assert.match(patternError("(a") ?? "", /missing closing \)/u);
  assert.match(patternError("a{2000}") ?? "", /invalid repeat count/u);
  assert.match(patternError("a".repeat(20_000)) ?? "", /too long/u);
});

test("a pattern that makes others go back for years takes steps by the length of the text", () => {
  assert(!isMatch(`${"a".repeat(100_000)}b`, "^(a+)+$"));
  assert(matches("xay", "a", new Meter(100)));
  assert.throws(() => matches("a".repeat(10_000), "a*", new Meter(100)), /cost limit/u);
});

test("what matches is found in its order", () => {
  assert.deepEqual(found({ text: "a1b22", pattern: "[0-9]+", most: 5 }, new Meter(100)), [
    "1",
    "22",
  ]);
  assert.deepEqual(found({ text: "a1b22", pattern: "[0-9]+", most: 1 }, new Meter(100)), ["1"]);
});

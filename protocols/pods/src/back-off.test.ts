import assert from "node:assert/strict";
import { test } from "node:test";
import { BackOff } from "./back-off.ts";

test("a back-off doubles up to its limit and starts over when reset", () => {
  const backOff = new BackOff({ firstMs: 10, maxMs: 50 });
  assert.equal(backOff.delayMs, 0);
  assert.deepEqual(
    [backOff.grow(), backOff.grow(), backOff.grow(), backOff.grow()],
    [10, 20, 40, 50],
  );
  backOff.reset();
  assert.equal(backOff.grow(), 10);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { listOf } from "./list.ts";

test("listOf reads whole lists that are short enough", () => {
  const read = (each: unknown): number | undefined => (typeof each === "number" ? each : undefined);
  assert.deepEqual(listOf([1, 2], 2, read), [1, 2]);
  assert.equal(listOf([1, 2, 3], 2, read), undefined);
  assert.equal(listOf([1, "2"], 2, read), undefined);
  assert.equal(listOf({ 0: 1 }, 2, read), undefined);
  assert.equal(listOf(undefined, 2, read), undefined);
});

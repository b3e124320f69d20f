import assert from "node:assert/strict";
import { test } from "node:test";
import { HappeningPool } from "./happening.ts";

test("a happening that is used again remembers nothing of its first life", () => {
  const pool = new HappeningPool();
  const first = pool.take("arrival");
  Object.assign(first, { topic: "t", message: { a: 1 }, life: 7, sizeBytes: 5 });
  pool.give(first);
  const second = pool.take("event");
  assert.equal(second, first);
  pool.give(second);
  assert.deepEqual(pool.take("event"), new HappeningPool().take("event"));
});

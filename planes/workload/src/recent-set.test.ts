import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentSet } from "./recent-set.ts";

test("the members added last stay", () => {
  const set = new RecentSet(2);
  assert.deepEqual(
    [set.add("a"), set.add("b"), set.add("a"), set.add("c")],
    [false, false, false, true],
  );
  assert.deepEqual([set.has("a"), set.has("b"), set.has("c"), set.size], [true, false, true, 2]);
});

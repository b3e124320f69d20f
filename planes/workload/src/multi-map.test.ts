import assert from "node:assert/strict";
import { test } from "node:test";
import { MultiMap } from "./multi-map.ts";

test("a key has its values, each once, and none without any", () => {
  const map = new MultiMap<string, number>();
  map.add("a", 1);
  map.add("a", 1);
  map.add("a", 2);
  assert.deepEqual([...map.get("a")], [1, 2]);
  map.delete("a", 1);
  map.delete("b", 1);
  assert.deepEqual([[...map.get("a")], [...map.keys()], map.size], [[2], ["a"], 1]);
  map.delete("a", 2);
  assert.deepEqual([[...map.get("a")], map.size], [[], 0]);
});

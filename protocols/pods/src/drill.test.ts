import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";

test("a drill without pods comes to rest at once", () => {
  const drill = new Drill(1);
  drill.deleteAll();
  assert.deepEqual(drill.pods.uids(), []);
});

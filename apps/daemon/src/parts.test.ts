import assert from "node:assert/strict";
import { test } from "node:test";
import { Parts } from "./parts.ts";

test("parts are stopped in the opposite order, once, and all of them", async () => {
  const stopped: string[] = [];
  const parts = new Parts();
  parts.add("first", (name) => void stopped.push(name));
  parts.add("second", () => {
    throw new Error("stuck");
  });
  parts.add("third", async (name) => void stopped.push(name));
  await assert.rejects(parts.close(), /stuck/u);
  await parts.close();
  assert.deepEqual(stopped, ["third", "first"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { viewOf } from "./sight.ts";

test("a view without anything has everything alive", () => {
  assert.equal(viewOf().members.isAlive("ann"), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Crowd } from "./crowd.ts";

test("Crowd lets each name in up to its limit, and leaving twice counts once", () => {
  const crowd = new Crowd(2);
  const leave = crowd.enter("ann");
  assert(leave && crowd.enter("ann"));
  assert.equal(crowd.enter("ann"), undefined);
  assert(crowd.enter("bob"));
  assert.equal(crowd.size, 3);
  leave();
  leave();
  assert.equal(crowd.size, 2);
  assert(crowd.enter("ann"));
  assert.equal(crowd.enter("ann"), undefined);
});

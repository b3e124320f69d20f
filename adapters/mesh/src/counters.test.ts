import assert from "node:assert/strict";
import { test } from "node:test";
import { newCounters } from "./counters.ts";

test("counters begin at zero, each link with its own", () => {
  assert(Object.values(newCounters()).every((count) => count === 0));
  assert.notEqual(newCounters(), newCounters());
});

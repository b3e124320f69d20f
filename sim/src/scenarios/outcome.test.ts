import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomeOf } from "./outcome.ts";

test("an outcome is ok without violations", () => {
  assert(outcomeOf("chaos", 1, { violations: [], metrics: {} }).ok);
  const violations = [{ invariant: "twins", message: "two" }];
  assert(!outcomeOf("chaos", 1, { violations, metrics: {} }).ok);
});

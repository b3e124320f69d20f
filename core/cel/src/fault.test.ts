import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, Meter } from "./fault.ts";

test("a meter ends what costs more than its budget, and nothing may go on after that", () => {
  const meter = new Meter(3);
  meter.spend(2);
  assert.equal(meter.left, 1);
  assert.throws(
    () => meter.spend(2),
    (error) =>
      error instanceof Fault && error.isFinal && /cost limit exceeded/u.test(error.message),
  );
  assert.equal(meter.left, 0);
});

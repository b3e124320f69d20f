import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Waits } from "./waits.ts";

test("waits end once, or are late, and are renewed by what is heard", () => {
  const waits = new Waits<number>();
  const flow = { isOver: false, fail: () => undefined };
  const wait = { flow, ms: 10, late: 0, onEnd: () => undefined };
  assert.equal(waits.first, undefined);
  assert.equal(waits.begin(1, wait, instantAt(0)), 10);
  waits.begin(2, wait, instantAt(5));
  assert.equal(waits.first, 10);
  waits.renew(1, instantAt(8));
  waits.renew(7, instantAt(8));
  assert.equal(waits.first, 15);
  assert.deepEqual([waits.late(instantAt(14)), waits.late(instantAt(18))], [[], [1, 2]]);
  assert.equal(waits.end(1), wait);
  assert.equal(waits.end(1), undefined);
});

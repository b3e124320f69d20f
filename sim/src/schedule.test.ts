import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Schedule } from "./schedule.ts";

describe("Schedule", () => {
  test("gives items by time, and those of one moment in the order of planning", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10 })), (times) => {
        const schedule = new Schedule<{ readonly atMs: number; readonly index: number }>();
        const items = times.map((atMs, index) => ({ atMs, index }));
        for (const item of items) schedule.plan(item.atMs, item);
        const expected = items.toSorted((a, b) => a.atMs - b.atMs || a.index - b.index);
        for (const item of expected) {
          assert.equal(schedule.nextMs, item.atMs);
          assert.equal(schedule.take(), item);
        }
        assert.equal(schedule.take(), undefined);
        assert.equal(schedule.nextMs, Number.POSITIVE_INFINITY);
      }),
    );
  });

  test("planning and taking may alternate", () => {
    const schedule = new Schedule<string>();
    schedule.plan(5, "late");
    schedule.plan(1, "early");
    assert.equal(schedule.take(), "early");
    schedule.plan(3, "between");
    assert.equal(schedule.size, 2);
    assert.deepEqual([schedule.take(), schedule.take()], ["between", "late"]);
  });
});

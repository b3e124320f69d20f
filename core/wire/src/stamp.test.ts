import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatStamp, isStamp, readStamp, stampCounterMax } from "./stamp.ts";

const parts = fc.record({
  wallMs: fc.integer({ min: 0, max: 36 ** 9 - 1 }),
  counter: fc.integer({ min: 0, max: stampCounterMax }),
  machine: fc.stringMatching(/^[A-Za-z0-9]{1,20}$/u),
});

describe("stamp", () => {
  test("reads back what it wrote", () => {
    fc.assert(
      fc.property(parts, (made) => {
        const text = formatStamp(made);
        assert(isStamp(text));
        assert.deepEqual(readStamp(text), { ...made });
      }),
    );
  });

  test("sorts as text in the order of time, then counter", () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const byTime = a.wallMs - b.wallMs || a.counter - b.counter;
        if (byTime === 0) return;
        assert.equal(formatStamp(a) < formatStamp(b), byTime < 0);
      }),
    );
  });

  test("refuses what is no stamp", () => {
    for (const text of ["", "x", "000000000000", "00000000000!.m", 7, null]) {
      assert.equal(isStamp(text), false);
    }
  });
});

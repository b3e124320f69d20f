import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatTime, parseTime } from "./time-text.ts";

const anyMs = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });

describe("times", () => {
  test("are written as the host writes them", () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        assert.equal(formatTime(ms, 3), new Date(ms).toISOString());
      }),
      { numRuns: 1000 },
    );
  });

  test("are read back", () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        assert.equal(parseTime(formatTime(ms, 3) ?? ""), ms);
      }),
      { numRuns: 1000 },
    );
  });

  for (const [text, ms] of [
    ["2000-02-29T00:00:00Z", 951_782_400_000],
    ["1970-01-01T01:00:00+01:00", 0],
    ["1969-12-31T23:30:00.5-00:30", 500],
    ["2026-01-02t03:04:05.123456789z", 1_767_323_045_123],
  ] as const) {
    test(`${text} is read`, () => assert.equal(parseTime(text), ms));
  }

  for (const text of [
    "",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01",
    "now",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:00",
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseTime(text), undefined));
  }

  test("have no digits of a second unless asked, and microseconds if asked", () => {
    assert.equal(formatTime(1500), "1970-01-01T00:00:01Z");
    assert.equal(formatTime(1500.25, 6), "1970-01-01T00:00:01.500250Z");
    assert.equal(formatTime(Number.NaN), undefined);
    assert.equal(formatTime(1e15), undefined);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf, momentText, showing, spanOf, spanText } from "./time.ts";

test("durations are read as Go writes them", () => {
  assert.equal(spanOf("1h30m")?.nanos, 5_400_000_000_000n);
  assert.equal(spanOf("-1.5s")?.nanos, -1_500_000_000n);
  assert.equal(spanOf("0")?.nanos, 0n);
  for (const text of ["", "1", "h", "1d", "1h x", "9999999999h"]) {
    assert.equal(spanOf(text), undefined, text);
  }
  const span = spanOf("90.5s");
  assert(span);
  assert.equal(spanText(span), "90.5s");
});

test("moments keep their nanoseconds, and show what a clock of a zone shows", () => {
  const moment = momentOf("2024-02-29T23:30:00.123456789Z");
  assert(moment);
  assert.equal(momentText(moment), "2024-02-29T23:30:00.123456789Z");
  assert.equal(showing(moment).day, 29);
  assert.equal(showing(moment, "+01:00").day, 1);
  assert.equal(showing(moment, "Europe/Paris").month, 3);
  assert.throws(() => showing(moment, "Nowhere/At"), /unknown time zone/u);
  assert.equal(momentOf("2024-02-30T00:00:00Z"), undefined);
});

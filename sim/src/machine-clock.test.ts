import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs, MachineClock } from "./machine-clock.ts";

test("a clock shows its own origin, rate and skew, and finds its way back", () => {
  const clock = new MachineClock({ originMs: 5000, rate: 1.001, skewMs: -400 });
  assert.deepEqual(clock.at(0), { at: 5000, wallMs: epochMs - 400 });
  const later = clock.at(10_000);
  assert.equal(later.wallMs, epochMs - 400 + 10_010);
  assert(Math.abs(clock.worldMs(later.at) - 10_000) < 0.001);
  clock.jump(3_600_000);
  assert.equal(clock.at(10_000).at, later.at, "the monotonic clock never jumps");
  assert.equal(clock.at(10_000).wallMs, later.wallMs + 3_600_000);
});

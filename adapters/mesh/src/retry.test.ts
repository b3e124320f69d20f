import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { isSlow, retryDelayMs } from "./retry.ts";

test("tries come at 250 ms, 500 ms, each second for a minute, then slower up to 30 s", () => {
  const random = seededRandom(1);
  const delays = Array.from({ length: 200 }, (_, index) => retryDelayMs(index + 1, random));
  assert.deepEqual(delays.slice(0, 4), [250, 500, 1000, 1000]);
  assert(delays.slice(2, 62).every((delayMs) => delayMs === 1000));
  assert(!isSlow(62) && isSlow(63));
  assert(delays.slice(80).every((delayMs) => delayMs >= 22_500 && delayMs <= 37_500));
  assert(new Set(delays.slice(80)).size > 10, "spread");
});

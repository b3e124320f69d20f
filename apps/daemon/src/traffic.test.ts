import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Traffic } from "./traffic.ts";

test("counts both directions of the last minute, and no more", () => {
  const traffic = new Traffic();
  assert.equal(traffic.bytesPerMinute(), 0);
  const read = (seconds: number, bytes: number): void =>
    traffic.read({ at: instantAt(seconds * 1000), bytesIn: bytes, bytesOut: bytes });
  read(0, 1_000_000);
  assert.equal(traffic.bytesPerMinute(), 0);
  for (let seconds = 5; seconds <= 30; seconds += 5) read(seconds, 1_000_000 + seconds * 100);
  assert.equal(traffic.bytesPerMinute(), 12_000);
  for (let seconds = 35; seconds <= 200; seconds += 5) read(seconds, 1_003_000);
  assert.equal(traffic.bytesPerMinute(), 0);
});

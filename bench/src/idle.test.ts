import assert from "node:assert/strict";
import { test } from "node:test";
import { spanOf } from "./idle.ts";

test("spanOf gives shares of a core and bytes a minute, and memory at the end", () => {
  const start = { pssBytes: 0, cpuSeconds: 10, trafficBytes: 1000, atMs: 0 };
  const end = { pssBytes: 64 * 1024 ** 2, cpuSeconds: 10.3, trafficBytes: 2000, atMs: 30_000 };
  const { megabytes, corePercent, bytesPerMinute } = spanOf(start, end);
  assert.equal(megabytes, 64);
  assert.ok(Math.abs(corePercent - 1) < 1e-9);
  assert.equal(bytesPerMinute, 2000);
});

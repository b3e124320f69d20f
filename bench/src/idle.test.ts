import assert from "node:assert/strict";
import { test } from "node:test";
import { spanOf } from "./idle.ts";

test("spanOf gives shares of a core, rates and memory at the end", () => {
  const times = { cpuSeconds: 15, userSeconds: 10, systemSeconds: 5 };
  const start = { pssBytes: 0, ...times, wakes: 7, switches: 9, trafficBytes: 1000, atMs: 0 };
  const end = {
    pssBytes: 64 * 1024 ** 2,
    cpuSeconds: 15.3,
    userSeconds: 10.2,
    systemSeconds: 5.1,
    wakes: 307,
    switches: 609,
    trafficBytes: 2000,
    atMs: 30_000,
  };
  const { megabytes, corePercent, bytesPerMinute, ...rest } = spanOf(start, end);
  assert.equal(megabytes, 64);
  assert.equal(rest.wakesPerSecond, 10);
  assert.equal(rest.switchesPerSecond, 20);
  assert.ok(Math.abs(rest.wakeMs - 1) < 1e-9);
  assert.ok(Math.abs(rest.userSecondsPerMinute - 0.4) < 1e-9);
  assert.ok(Math.abs(rest.systemSecondsPerMinute - 0.2) < 1e-9);
  assert.ok(Math.abs(corePercent - 1) < 1e-9);
  assert.equal(bytesPerMinute, 2000);
});

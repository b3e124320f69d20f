import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { clockedDecoder, LogClock } from "./log-clock.ts";

test("a line has the time at which it was first seen, also for a later reader", () => {
  const folder = mkdtempSync(join(tmpdir(), "clock-"));
  const path = join(folder, "log");
  try {
    writeFileSync(path, "");
    new LogClock(path, 1000).close();
    appendFileSync(path, "one\n");
    const before = Date.now();
    new LogClock(path, 1000).close();
    const after = Date.now();
    const line = clockedDecoder(path)(Buffer.from("one"), 3);
    assert(line.atMs >= before && line.atMs <= after);
    assert.equal(line.text.toString(), "one");
    assert.equal(Date.parse(line.at), line.atMs);
    assert.equal(clockedDecoder(path)(Buffer.from("one"), 3).atMs, line.atMs);
    assert(clockedDecoder(path)(Buffer.from("new"), 99).atMs >= after);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a log that grows too long is emptied", () => {
  const folder = mkdtempSync(join(tmpdir(), "clock-"));
  const path = join(folder, "log");
  try {
    writeFileSync(path, "x".repeat(101));
    new LogClock(path, 100).close();
    assert.equal(statSync(path).size, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

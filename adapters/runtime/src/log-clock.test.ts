import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
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

test("a line that was read before it was noticed keeps the time of its first reading", () => {
  const folder = mkdtempSync(join(tmpdir(), "clock-"));
  const path = join(folder, "log");
  writeFileSync(path, "");
  const clock = new LogClock(path, 1000);
  try {
    appendFileSync(path, "one\n");
    const { atMs } = clockedDecoder(path, clock)(Buffer.from("one"), 3);
    appendFileSync(path, "two\n");
    while (Date.now() <= atMs);
    clock.mark();
    assert.equal(clockedDecoder(path, clock)(Buffer.from("one"), 3).atMs, atMs);
    assert(clockedDecoder(path, clock)(Buffer.from("two"), 7).atMs > atMs);
  } finally {
    clock.close();
    rmSync(folder, { recursive: true });
  }
});

test("a disk that takes no marks costs no more than the times", () => {
  const folder = mkdtempSync(join(tmpdir(), "clock-"));
  const path = join(folder, "log");
  writeFileSync(path, "one\n");
  mkdirSync(`${path}.marks`);
  try {
    new LogClock(path, 1000).close();
    assert.equal(statSync(path).size, 4);
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

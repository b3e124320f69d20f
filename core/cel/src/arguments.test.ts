import assert from "node:assert/strict";
import { test } from "node:test";
import { Arguments } from "./arguments.ts";
import { Fault, Meter } from "./fault.ts";
import { Span } from "./value.ts";

test("arguments are read by their types, looked at once at a cost", () => {
  const meter = new Meter(100);
  const given = new Arguments([1n, "x".repeat(100), [true], new Span(5n)], meter);
  assert.equal(meter.left, 86);
  assert.equal(given.int(0), 1n);
  assert.equal(given.text(1).length, 100);
  assert.deepEqual(given.list(2), [true]);
  assert.equal(given.span(3).nanos, 5n);
  assert.equal(given.any(9), null);
  for (const read of [
    () => given.text(0),
    () => given.int(1),
    () => given.bool(0),
    () => given.double(0),
    () => given.list(0),
    () => given.map(2),
    () => given.moment(3),
    () => given.uint(0),
  ]) {
    assert.throws(read, Fault);
  }
});

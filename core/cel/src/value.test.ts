import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, Meter } from "./fault.ts";
import {
  areEqual,
  int,
  keyOf,
  Moment,
  mapValue,
  OptionalValue,
  typeNameOf,
  Uint,
  type Value,
} from "./value.ts";

const meter = new Meter(1000);

test("numbers of different types are equal if they count the same", () => {
  assert(areEqual(1n, 1, meter));
  assert(areEqual(new Uint(1n), 1, meter));
  assert(!areEqual(1n, "1", meter));
  assert(!areEqual(Number.NaN, Number.NaN, meter));
});

test("lists and maps are equal by what is in them", () => {
  const map = mapValue(new Map([["a", [1n, null]]]));
  assert(areEqual(map, mapValue(new Map([["a", [1n, null]]])), meter));
  assert(!areEqual(map, mapValue(new Map([["b", [1n, null]]])), meter));
  assert(areEqual(new OptionalValue(1n), new OptionalValue(1n), meter));
  assert(areEqual(new Moment(1n), new Moment(1n), meter));
  assert(areEqual(Uint8Array.of(1), Uint8Array.of(1), meter));
});

test("a value that doubles itself is compared at its whole cost, and no further", () => {
  let value: readonly Value[] = [1n];
  for (let times = 0; times < 40; times += 1) value = [value, value];
  let other: readonly Value[] = [1n];
  for (let times = 0; times < 40; times += 1) other = [other, other];
  assert.throws(() => areEqual(value, other, new Meter(10_000)), /cost limit/u);
});

test("integers have 64 bits, and keys are integers, texts and truths", () => {
  assert.throws(() => int(2n ** 63n), Fault);
  assert.throws(() => new Uint(-1n), Fault);
  assert.equal(keyOf(new Uint(3n)), 3n);
  assert.equal(keyOf(3), 3n);
  assert.equal(keyOf(null), undefined);
  assert.deepEqual([null, 1n, [], new Moment(0n)].map(typeNameOf), [
    "null_type",
    "int",
    "list",
    "google.protobuf.Timestamp",
  ]);
});

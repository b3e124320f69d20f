import assert from "node:assert/strict";
import { test } from "node:test";
import {
  entriesAt,
  isSet,
  listAt,
  memberPath,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  textOf,
  valueAt,
} from "./members.ts";

const value = { a: { b: "x", n: 3, list: [1, { c: "d" }], nothing: null } };

test("members read as what they are, and as empty where they are not", () => {
  assert.equal(textAt(value, "a", "b"), "x");
  assert.equal(textAt(value, "a", "n"), "");
  assert.equal(textAt(value, "a", "b", "c"), "");
  assert.equal(textAt(undefined, "a"), "");
  assert.equal(numberAt(value, "a", "n"), 3);
  assert.equal(numberAt(value, "a", "b"), undefined);
  assert.deepEqual(objectAt(value, "a", "list"), undefined);
  assert.deepEqual(listAt(value, "a", "list"), [1, { c: "d" }]);
  assert.deepEqual(objectsAt(value, "a", "list"), [{}, { c: "d" }]);
  assert.deepEqual(listAt(value, "a", "b"), []);
  assert.equal(entriesAt(value, "a").length, 4);
  assert.deepEqual(entriesAt(value, "x"), []);
});

test("what an object inherits is no member", () => {
  assert.equal(valueAt({}, ["constructor"]), undefined);
  assert.equal(valueAt({}, ["toString", "name"]), undefined);
});

test("plain values read as text", () => {
  assert.deepEqual(["a", 1, true, null, {}, [1]].map(textOf), ["a", "1", "true", "", "", ""]);
});

test("null is not set", () => {
  assert.deepEqual(
    [isSet(null), isSet(undefined), isSet(0), isSet("")],
    [false, false, true, true],
  );
});

test("paths are joined by a point, but for the first", () => {
  assert.equal(memberPath("", "spec"), "spec");
  assert.equal(memberPath("spec", "a"), "spec.a");
});

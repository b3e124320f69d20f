import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, fillerOf, isLatest, positive } from "./fill.ts";

test("what is missing, null or empty text is filled in, and nothing else", () => {
  const object = { a: "", b: null, c: 0, d: false };
  const values = { a: "x", b: "x", c: 1, d: true, e: "x" };
  assert.deepEqual(filled(object, values), { a: "x", b: "x", c: 0, d: false, e: "x" });
  assert.deepEqual(fillerOf(values)(object), filled(object, values));
  const whole = { a: "y" };
  assert.equal(filled(whole, { a: "x" }), whole);
});

test("0 counts as missing where a number must be positive", () => {
  assert.deepEqual(positive({ a: 0, b: 2 }, { a: 1, b: 1, c: 3 }), { a: 1, b: 2, c: 3 });
});

test("an image without a tag is the latest one", () => {
  assert.deepEqual(["a", "a:latest", "host:5000/a", "a:1", "a@sha256:0"].map(isLatest), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

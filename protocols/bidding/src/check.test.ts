import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { flag, list, oneOf, record, shaped, share, text, whole } from "./check.ts";

describe("checks of JSON from outside", () => {
  test("text and words keep to their limits", () => {
    assert(text(3)("abc") && !text(3)("abcd") && !text(3)(5) && !text(3)(undefined));
    assert(oneOf("a", "b")("a") && !oneOf("a", "b")("c"));
  });

  test("numbers and flags keep to theirs", () => {
    assert(whole(0, 5)(5) && !whole(0, 5)(6) && !whole(0, 5)(0.5) && !whole(0, 5)("1"));
    assert(share(0) && share(1) && !share(1.1) && !share(-0.1) && !share(null));
    assert(flag(false) && !flag(0));
  });

  test("lists and records count their items and look at each", () => {
    assert(list(flag, 2)([true, false]) && !list(flag, 2)([true, true, true]));
    assert(!list(flag, 2, 1)([]) && !list(flag, 2)([1]) && !list(flag, 2)({}));
    assert(record(flag, 1)({ a: true }) && !record(flag, 1)({ a: true, b: true }));
    assert(!record(flag, 1)({ a: 1 }) && !record(flag, 1)([]));
    assert(!record(flag, 1)({ ["x".repeat(318)]: true }));
  });

  test("objects have what they must, may have what they may, and nothing else", () => {
    const required = { a: flag };
    const optional = { b: flag };
    assert(shaped({ a: true }, required, optional));
    assert(shaped({ a: true, b: false }, required, optional));
    assert(!shaped({ b: true }, required, optional));
    assert(!shaped({ a: true, b: 1 }, required, optional));
    assert(!shaped({ a: true, toString: true }, required, optional));
    assert(!shaped(null, {}));
  });
});

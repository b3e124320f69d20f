import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ElementOrder } from "./element-order.ts";

const plain = new ElementOrder("");
const byName = new ElementOrder("name");

function arranged(list: string, order: string, before: string): string {
  const split = (text: string): string[] => text.split("");
  return plain.arrange(split(list), split(order), split(before)).map(String).join("");
}

describe("ElementOrder", () => {
  test("puts items into the order asked for", () => {
    assert.equal(arranged("abc", "cab", "abc"), "cab");
  });

  test("puts others in front of what stood behind them", () => {
    assert.equal(arranged("abcx", "bca", "axbc"), "xbca");
    assert.equal(arranged("axb", "ab", "axb"), "axb");
    assert.equal(arranged("abx", "ab", "xab"), "xab");
  });

  test("puts others last that stood behind all, or are new", () => {
    assert.equal(arranged("xab", "ab", "abx"), "abx");
    assert.equal(arranged("ab", "ba", ""), "ba");
  });

  test("knows items by their key", () => {
    const [a, b] = [
      { name: "a", value: 1 },
      { name: "b", value: 2 },
    ];
    assert.deepEqual(byName.arrange([a, b], [{ name: "b" }, { name: "a" }], [a, b]), [b, a]);
  });

  test("agrees with a patch in the same order", () => {
    assert(plain.agrees(["a", "c"], ["a", "b", "c"]));
    assert(!plain.agrees(["c", "a"], ["a", "b", "c"]));
    assert(!plain.agrees(["d"], ["a"]));
    assert(byName.agrees([{ name: "x", $patch: "delete" }], [{ name: "a" }]));
  });
});

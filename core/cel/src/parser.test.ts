import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "./parser.ts";
import { evaluated } from "./test-evaluation.ts";
import { SyntaxFault } from "./token.ts";

test("operators bind as in C, and what is equal binds to the left", () => {
  assert.equal(evaluated("1 + 2 * 3 - 4 - 5"), -2);
  assert.equal(evaluated("-2 * -(3)"), 6);
  assert.equal(evaluated("!false && 1 < 2 || false"), true);
  assert.equal(evaluated("true ? (false ? 1 : 2) : false ? 3 : 4"), 2);
  assert.equal(evaluated("1 in [1] == true"), true);
});

test("lists and maps may end in a comma", () => {
  assert.deepEqual(evaluated("[1, 2,]"), [1, 2]);
  assert.deepEqual(evaluated("{'a': 1,}"), { a: 1 });
});

test("a rule of a thousand conditions is not deep, one of a thousand brackets is refused", () => {
  assert.equal(evaluated(Array.from({ length: 1000 }, () => "true").join(" && ")), true);
  for (const source of [
    `${"(".repeat(1000)}1${")".repeat(1000)}`,
    `1${" + 1".repeat(1000)}`,
    `${"!".repeat(1000)}true`,
    `a${".b".repeat(1000)}`,
    `a${"[0]".repeat(1000)}`,
    `${"true ? 1 : ".repeat(1000)}2`,
    "[".repeat(1000),
  ]) {
    assert.throws(() => parse(source), /recursion limit exceeded/u);
  }
});

test("what is no expression is refused with its place", () => {
  for (const [source, at] of [
    ["1 +", 3],
    ["(1", 2],
    ["a.1", 1],
    ["for", 0],
    ["1 2", 2],
    ["9223372036854775808", 0],
  ] as const) {
    assert.throws(
      () => parse(source),
      (error) => error instanceof SyntaxFault && error.at === at,
    );
  }
});

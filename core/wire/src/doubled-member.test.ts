import assert from "node:assert/strict";
import { test } from "node:test";
import { doubledMembers } from "./doubled-member.ts";

test("a member that an object has twice is named by its path", () => {
  const text = '{"a":1,"b":{"c":[{"d":1},{"d":1,"e":":","d":{"x":"}"}}]},"a":2,"a":3,"f":{"a":1}}';
  assert.deepEqual(doubledMembers(text), ["b.c[1].d", "a"]);
});

test("the same name in other places, in texts or written otherwise is told apart", () => {
  assert.deepEqual(doubledMembers('{"a":{"a":"\\"a\\":1,"},"b":["a","a"]}'), []);
  assert.deepEqual(doubledMembers(String.raw`{"a":1,"\u0061":2}`), ["a"]);
  assert.deepEqual(doubledMembers("3"), []);
});

test("a text of nothing else is told of in part", () => {
  const text = `{${Array.from({ length: 1000 }, (_, index) => `"a${index >> 1}":1`).join()}}`;
  assert.equal(doubledMembers(text).length, 100);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("lists have sums, extremes, order and positions", () => {
  assert.equal(evaluated("[1, 2, 3].sum() + [3, 1].min() + [3, 1].max()"), 10);
  assert.equal(evaluated("[1, 2].isSorted() && !['b', 'a'].isSorted()"), true);
  assert.equal(evaluated("[duration('1s'), duration('2s')].sum() == duration('3s')"), true);
  assert.equal(evaluated("[1, 2, 1].indexOf(1) + [1, 2, 1].lastIndexOf(1)"), 2);
  assert.equal(evaluated("dyn([]).min()"), "min called on empty list");
});

test("lists are cut, sorted, flattened and counted", () => {
  assert.deepEqual(evaluated("[3, 1, 2].sort().slice(0, 2)"), [1, 2]);
  assert.deepEqual(evaluated("[1, 1, 2].distinct().reverse()"), [2, 1]);
  assert.deepEqual(evaluated("[[1], [2]].flatten()"), [1, 2]);
  assert.deepEqual(evaluated("lists.range(3)"), [0, 1, 2]);
  assert.match(messageOf("lists.range(100000000)"), /cost limit/u);
});

test("lists are compared as sets", () => {
  assert.equal(evaluated("sets.contains([1, 2], [2])"), true);
  assert.equal(evaluated("sets.equivalent([1, 2, 2], [2, 1])"), true);
  assert.equal(evaluated("sets.intersects([1], [2])"), false);
});

test("what may not be there has something in its place", () => {
  assert.equal(evaluated("optional.none().orValue(3)"), 3);
  assert.equal(evaluated("optional.ofNonZeroValue('').or(optional.of('b')).value()"), "b");
  assert.equal(evaluated("optional.none().value()"), "optional.none() dereference");
});

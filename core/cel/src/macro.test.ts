import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("loops visit the items of lists and the keys of maps", () => {
  assert.equal(evaluated("[1, 2].all(x, x > 0)"), true);
  assert.equal(evaluated("[1, 2].exists(x, x > 1)"), true);
  assert.equal(evaluated("[1, 2, 2].exists_one(x, x == 2)"), false);
  assert.deepEqual(evaluated("[1, 2, 3].filter(x, x != 2)"), [1, 3]);
  assert.deepEqual(evaluated("[1, 2, 3].map(x, x > 1, x * 2)"), [4, 6]);
  assert.deepEqual(evaluated("{'a': 1, 'b': 2}.map(k, k)"), ["a", "b"]);
});

test("with two names they stand for index and item, or key and value", () => {
  assert.equal(evaluated("[5, 6].all(i, x, x == i + 5)"), true);
  assert.deepEqual(evaluated("[5, 6].transformList(i, x, i > 0, x * i)"), [6]);
  assert.deepEqual(evaluated("{'a': 1}.transformMap(k, v, v + 1)"), { a: 2 });
  assert.deepEqual(evaluated("['a'].transformMapEntry(i, x, {x: i})"), { a: 0 });
  assert.equal(
    evaluated("['a', 'a'].transformMapEntry(i, x, {x: i})"),
    "insert failed: key a already exists",
  );
});

test("one item decides although others fail, and otherwise the failure counts", () => {
  assert.equal(evaluated("[0, 1].exists(x, 1 / x == 1)"), true);
  assert.equal(evaluated("[0, 1].all(x, 1 / x == 2)"), false);
  assert.equal(evaluated("[0, 1].all(x, 1 / x == 1)"), "division by zero");
});

test("a name can be bound, and `has` takes a field alone", () => {
  assert.equal(evaluated("cel.bind(x, 3, x * x)"), 9);
  assert.equal(evaluated("has(a.b) && !has(a.c)", { a: { b: 1 } }), true);
  assert.match(messageOf("has(1)"), /invalid argument to has\(\) macro/u);
  assert.match(messageOf("[1].map(1, 2)"), /must be a simple name/u);
});

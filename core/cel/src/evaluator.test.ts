import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./program.ts";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("one side decides `&&` and `||` although the other fails", () => {
  assert.equal(evaluated("1 / 0 == 1 || true"), true);
  assert.equal(evaluated("false && 1 / 0 == 1"), false);
  assert.equal(evaluated("1 / 0 == 1 && true"), "division by zero");
});

test("members are found by name, items by position, and what is not there fails", () => {
  const values = { a: { b: [1, 2], n: null } };
  assert.equal(evaluated("a.b[1]", values), 2);
  assert.equal(evaluated("a['b'][0]", values), 1);
  assert.equal(evaluated("a.n == null", values), true);
  assert.equal(evaluated("a.c", values), "no such key: c");
  assert.equal(evaluated("a.b[2]", values), "index out of bounds: 2");
  assert.equal(evaluated("a.__proto__", values), "no such key: __proto__");
});

test("optional steps end where nothing is", () => {
  const values = { a: { b: { c: 1 } } };
  assert.equal(evaluated("a.?b.?c.orValue(0)", values), 1);
  assert.equal(evaluated("a.?x.c.orValue(0)", values), 0);
  assert.equal(evaluated("a.?b.?x.hasValue()", values), false);
  assert.deepEqual(evaluated("[?a.?x, ?a.?b]", values), [{ c: 1 }]);
  assert.deepEqual(evaluated("{?'k': a.?x, ?'l': optional.of(1)}", values), { l: 1 });
  assert.equal(evaluated("optional.of(2).optMap(x, x * 2).value()"), 4);
  assert.equal(evaluated("optional.of(2).optFlatMap(x, optional.none()).hasValue()"), false);
});

test("a loop over loops over thousands ends when its budget does", () => {
  const list = Array.from({ length: 5000 }, (_, index) => index);
  const source = "a.all(x, a.all(y, a.all(z, x + y + z >= 0)))";
  const compiled = compile(source, { variables: { a: "list<int>" } });
  assert(compiled.ok);
  assert.deepEqual(compiled.program.evaluate({ a: list }, 50_000), {
    ok: false,
    message: "operation cancelled: actual cost limit exceeded",
    isOverBudget: true,
  });
});

test("a text that doubles itself ends when its budget does", () => {
  let source = "'0123456789'";
  for (let times = 0; times < 60; times += 1) source = `cel.bind(a, ${source}, a + a)`;
  assert.match(messageOf(source), /cost limit exceeded|too long/u);
});

test("keys of a map are given once", () => {
  assert.equal(evaluated("{'a': 1, 'a': 2}"), "duplicate key in map: a");
});

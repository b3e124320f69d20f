import assert from "node:assert/strict";
import { test } from "node:test";
import { callBudgetMax, compile, jsonOf, Lazy } from "./program.ts";

test("an expression says whether it is of the type that is wanted", () => {
  const wrong = compile("1", { variables: {}, result: "bool" });
  assert.deepEqual(wrong, { ok: false, message: "must evaluate to bool" });
  assert(compile("self", { variables: { self: "dyn" }, result: "bool" }).ok);
});

test("a message shows where in the source the fault is", () => {
  const compiled = compile("true &&\n  nope", { variables: {} });
  assert(!compiled.ok);
  assert.equal(
    compiled.message,
    "compilation failed: ERROR: <input>:2:3: undeclared reference to 'nope' " +
      "(in container '')\n |   nope\n | ..^",
  );
});

test("a source longer than any rule is refused unread", () => {
  const compiled = compile(" ".repeat(100_001), { variables: {} });
  assert(!compiled.ok);
  assert.match(compiled.message, /code point size exceeds limit/u);
});

test("a program says which variables it names, and makes lazy ones when it needs them", () => {
  const compiled = compile("a && b", { variables: { a: "bool", b: "bool" } });
  assert(compiled.ok);
  assert(compiled.program.names("a"));
  assert(!compiled.program.names("c"));
  let times = 0;
  const b = new Lazy(() => {
    times += 1;
    return true;
  });
  assert.deepEqual(compiled.program.evaluate({ a: false, b }, callBudgetMax), {
    ok: true,
    value: false,
  });
  assert.equal(times, 0);
  assert.deepEqual(compiled.program.evaluate({ a: true, b }, callBudgetMax), {
    ok: true,
    value: true,
  });
  assert.equal(times, 1);
});

test("values are JSON again, but for what JSON cannot say", () => {
  const compiled = compile("{'a': [1, 2.5, null, duration('1s')], 'b': optional.of('x')}", {
    variables: {},
  });
  assert(compiled.ok);
  const outcome = compiled.program.evaluate({}, callBudgetMax);
  assert(outcome.ok);
  assert.deepEqual(jsonOf(outcome.value), { a: [1, 2.5, null, "1s"], b: "x" });
  assert.equal(jsonOf(Number.NaN), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "@beemesh/cel";
import { conditionVerdict } from "./condition.ts";
import { budgetMax, Expressions, requestScope } from "./expression.ts";

const context = { context: { expressions: new Expressions() } };

function verdict(...expressions: string[]) {
  const matchConditions = expressions.map((expression) => ({ name: "c", expression }));
  const scene = { values: { object: { a: 1 } }, meter: new Meter(budgetMax) };
  return conditionVerdict(context, scene, { owner: { matchConditions }, scope: requestScope });
}

test("all conditions have to be true", () => {
  assert.deepEqual(verdict(), { ok: true, value: true });
  assert.deepEqual(verdict("object.a == 1", "true"), { ok: true, value: true });
  assert.deepEqual(verdict("object.a == 1", "false"), { ok: true, value: false });
});

test("a false one decides, whatever went wrong beside it", () => {
  assert.deepEqual(verdict("object.b == 1", "false"), { ok: true, value: false });
  const error = "expression 'object.b == 1' resulted in error: no such key: b";
  assert.deepEqual(verdict("object.b == 1", "true"), { ok: false, message: error });
  const both = verdict("object.b == 1", "object.b == 1");
  assert.deepEqual(both, { ok: false, message: `[${error}, ${error}]` });
});

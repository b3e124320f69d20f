import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Meter } from "@beemesh/cel";
import {
  budgetMax,
  Expressions,
  evaluated,
  paramsOf,
  requestScope,
  type Variable,
  withVariables,
} from "./expression.ts";

const expressions = new Expressions();

describe("expressions", () => {
  test("are compiled once for what they may name", () => {
    const compiled = expressions.compile("object.a == 1", "bool", requestScope);
    assert.equal(expressions.compile("object.a == 1", "bool", requestScope), compiled);
    const hasParams = { ...requestScope, hasParams: true };
    assert.notEqual(expressions.compile("object.a == 1", "bool", hasParams), compiled);
    assert(!expressions.compile("params.a == 1", "bool", requestScope).ok);
    assert(expressions.compile("params.a == 1", "bool", hasParams).ok);
    assert(!expressions.compile("variables.a", "dyn", requestScope).ok);
  });

  test("that do not compile have no value", () => {
    const compiled = expressions.compile("1 +", "bool", requestScope);
    const scene = { values: {}, meter: new Meter(budgetMax) };
    const outcome = evaluated(compiled, "1 +", scene);
    assert(!outcome.ok);
    assert.match(outcome.message, /^compilation failed/u);
  });
});

describe("variables", () => {
  const value = (source: string, variables: readonly Variable[]) => {
    const names = variables.map(({ name }) => name);
    const compiled = expressions.compile(source, "dyn", { hasParams: false, variables: names });
    const bare = { values: { object: { n: 2 } }, meter: new Meter(budgetMax) };
    const scene = withVariables(expressions, bare, { variables, hasParams: false });
    return evaluated(compiled, source, scene);
  };

  test("are evaluated when they are named, once", () => {
    const broken = { name: "broken", expression: "object.none" };
    const twice = { name: "twice", expression: "object.n * 2" };
    const sum = { name: "sum", expression: "variables.twice + variables.twice" };
    assert.deepEqual(value("variables.sum", [broken, twice, sum]), { ok: true, value: 8n });
  });

  test("that have no value leave whoever names them without one", () => {
    const outcome = value("variables.a == 1", [{ name: "a", expression: "object.none" }]);
    assert(!outcome.ok);
    assert.match(
      outcome.message,
      /resulted in error: expression 'object\.none' resulted in error/u,
    );
  });
});

test("a parameter that is not there is null", () => {
  assert.equal(paramsOf(undefined), null);
  assert.deepEqual(paramsOf({ a: "b" }), { a: "b" });
});

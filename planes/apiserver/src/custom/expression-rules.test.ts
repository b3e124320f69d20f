import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { expressionCauses } from "./expression-rules.ts";
import { readSchema } from "./schema.ts";

function texts(schema: JsonObject, object: JsonObject, before?: JsonObject): readonly string[] {
  const node = readSchema({ type: "object", ...schema });
  return expressionCauses(node, object, before).map(({ field, message }) => `${field}: ${message}`);
}

const rules = (...all: readonly JsonObject[]): JsonObject => ({ "x-kubernetes-validations": all });

test("a rule that does not hold says itself, or what it was told to say", () => {
  const schema = {
    properties: {
      n: {
        type: "integer",
        ...rules(
          { rule: "self > 1" },
          { rule: "self > 2", message: "too few" },
          { rule: "self > 3", messageExpression: "'have ' + string(self)", message: "unused" },
          { rule: "self > 4", reason: "FieldValueRequired" },
        ),
      },
    },
  };
  assert.deepEqual(texts(schema, { n: 1 }), [
    'n: Invalid value: "integer": failed rule: self > 1',
    'n: Invalid value: "integer": too few',
    'n: Invalid value: "integer": have 1',
    "n: Required value: failed rule: self > 4",
  ]);
  assert.deepEqual(texts(schema, { n: 5 }), []);
});

test("a rule about a change is asked when there is one", () => {
  const schema = { properties: { a: { type: "string", ...rules({ rule: "self == oldSelf" }) } } };
  assert.deepEqual(texts(schema, { a: "x" }), []);
  assert.deepEqual(texts(schema, { a: "x" }, { a: "x" }), []);
  assert.equal(texts(schema, { a: "x" }, { a: "y" }).length, 1);
  const optional = { rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true };
  const other = { properties: { a: { type: "string", ...rules(optional) } } };
  assert.deepEqual(texts(other, { a: "first" }), []);
  assert.equal(texts(other, { a: "x" }).length, 1);
  assert.deepEqual(texts(other, { a: "x" }, { a: "y" }), []);
});

test("what was wrong before and has not changed is nobody's fault", () => {
  const schema = { properties: { n: { type: "integer", ...rules({ rule: "self > 1" }) } } };
  assert.deepEqual(texts(schema, { n: 0 }, { n: 0 }), []);
  assert.equal(texts(schema, { n: -1 }, { n: 0 }).length, 1);
});

test("a rule that cannot be evaluated says why", () => {
  const schema = {
    properties: {
      l: { type: "array", items: { type: "integer" }, ...rules({ rule: "self[9] > 1" }) },
    },
  };
  assert.deepEqual(texts(schema, { l: [] }), [
    'l: Invalid value: "array": index out of bounds: 9 evaluating rule: self[9] > 1',
  ]);
});

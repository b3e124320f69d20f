import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { formerItems, valueCauses } from "./value-rules.ts";

function texts(schema: JsonObject, value: Json, before?: Json): readonly string[] {
  const place = { path: "x", before };
  return valueCauses(schema, value, place).map(({ field, message }) => `${field}: ${message}`);
}

test("values have their type, and whole numbers are numbers", () => {
  assert.deepEqual(texts({ type: "number" }, 1), []);
  assert.deepEqual(texts({ type: "integer" }, 1.5), [
    'x: Invalid value: "number": x in body must be of type integer: "number"',
  ]);
  assert.deepEqual(texts({ type: "string" }, null), [
    'x: Invalid value: "null": x in body must be of type string: "null"',
  ]);
  assert.deepEqual(texts({ type: "string", nullable: true }, null), []);
  assert.deepEqual(texts({ "x-kubernetes-int-or-string": true }, "a"), []);
});

test("bounds are said as they are broken", () => {
  assert.deepEqual(texts({ minimum: 3, exclusiveMinimum: true }, 3), [
    "x: Invalid value: 3: x in body should be greater than 3",
  ]);
  assert.deepEqual(texts({ maximum: 3, exclusiveMaximum: true, multipleOf: 2 }, 3), [
    "x: Invalid value: 3: x in body should be less than 3",
    "x: Invalid value: 3: x in body should be a multiple of 2",
  ]);
  assert.deepEqual(texts({ minLength: 2 }, "😀"), [
    'x: Invalid value: "😀": x in body should be at least 2 chars long',
  ]);
  assert.deepEqual(texts({ minProperties: 1 }, {}), [
    "x: Invalid value: 0: x in body should have at least 1 properties",
  ]);
});

test("combinations say which of them does not hold", () => {
  const schema = {
    oneOf: [{ required: ["a"] }, { required: ["b"] }],
    not: { required: ["c"] },
    anyOf: [{ minProperties: 1 }],
  };
  assert.deepEqual(texts(schema, { a: 1 }), []);
  assert.match(texts(schema, { a: 1, b: 1 })[0] ?? "", /\(oneOf\)\. Found 2 valid alternatives/u);
  assert.match(texts(schema, { a: 1, c: 1 })[0] ?? "", /must not validate the schema \(not\)/u);
  assert.match(texts(schema, {}).join(), /at least one schema \(anyOf\).*Found none valid/u);
  assert.match(texts({ allOf: [{ maximum: 1 }] }, 2).join(), /\(allOf\)/u);
});

test("what was so before is not looked at again, item by item where keys tell them apart", () => {
  const schema = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
    items: { properties: { v: { type: "integer" } } },
  };
  const before = [{ k: "a", v: "old" }];
  assert.deepEqual(
    texts(
      schema,
      [
        { k: "b", v: 1 },
        { k: "a", v: "old" },
      ],
      before,
    ),
    [],
  );
  assert.equal(texts(schema, [{ k: "a", v: "new" }], before).length, 1);
  assert.equal(formerItems({}, before)({ k: "a" }), undefined);
});

test("nonsense is refused in bounded words", () => {
  const value = Array.from({ length: 1000 }, () => "x");
  assert.equal(texts({ items: { type: "integer" } }, value).length, 100);
});

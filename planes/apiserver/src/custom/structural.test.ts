import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { structuralCauses } from "./structural.ts";

function texts(schema: JsonObject): readonly string[] {
  return structuralCauses(schema, "s").map(({ field, message }) => `${field}: ${message}`);
}

/** What is wrong with a member `x` of an otherwise right schema. */
function ofMember(x: JsonObject): readonly string[] {
  return texts({ type: "object", properties: { x } });
}

test("every value has a type, but where it may be anything", () => {
  assert.deepEqual(texts({}), ["s.type: Required value: must not be empty at the root"]);
  assert.deepEqual(texts({ type: "string" }), [
    's.type: Invalid value: "string": must be object at the root',
  ]);
  assert.deepEqual(ofMember({}), [
    "s.properties[x].type: Required value: must not be empty for specified object fields",
  ]);
  assert.deepEqual(ofMember({ type: "array", items: {} }), [
    "s.properties[x].items.type: Required value: must not be empty for specified array items",
  ]);
  assert.deepEqual(ofMember({ "x-kubernetes-preserve-unknown-fields": true }), []);
  assert.deepEqual(ofMember({ type: "null" }), [
    "s.properties[x].type: Forbidden: type cannot be set to null, use nullable as an alternative",
  ]);
});

test("combinations say nothing that the schema itself must say", () => {
  assert.deepEqual(ofMember({ type: "object", anyOf: [{ type: "object", description: "d" }] }), [
    "s.properties[x].anyOf[0].description: Forbidden: must be empty to be structural",
    "s.properties[x].anyOf[0].type: Forbidden: must be empty to be structural",
  ]);
  assert.deepEqual(ofMember({ type: "object", oneOf: [{ properties: { y: {} } }] }), [
    "s.properties[x].properties[y]: Required value: because it is defined in s.properties[x]",
  ]);
  const pair = { anyOf: [{ type: "integer" }, { type: "string" }] };
  assert.deepEqual(ofMember({ ...pair, "x-kubernetes-int-or-string": true }), []);
  const wrapped = { allOf: [pair], "x-kubernetes-int-or-string": true };
  assert.deepEqual(ofMember(wrapped), []);
});

test("metadata is nobody's to describe, but for names", () => {
  const metadata = (properties: JsonObject): JsonObject => ({
    type: "object",
    properties: { metadata: { type: "object", properties } },
  });
  assert.deepEqual(texts(metadata({ name: { type: "string", maxLength: 3 } })), []);
  assert.match(texts(metadata({ labels: { type: "object" } })).join(), /implicitly specified/u);
});

test("what Kubernetes does not support is refused", () => {
  assert.match(ofMember({ type: "object", $ref: "#/x" }).join(), /\$ref is not supported/u);
  assert.match(
    ofMember({ type: "array", uniqueItems: true, items: { type: "string" } }).join(),
    /quadratic/u,
  );
  assert.match(
    ofMember({ type: "string", pattern: "(" }).join(),
    /must be a valid regular expression/u,
  );
  const both = {
    type: "object",
    properties: { y: { type: "string" } },
    additionalProperties: { type: "string" },
  };
  assert.match(ofMember(both).join(), /mutual exclusive/u);
});

test("rules in CEL have a form", () => {
  const rules = [
    { rule: " " },
    { rule: "a\nb" },
    { rule: "a", message: " ", reason: "Odd", fieldPath: "x" },
  ];
  assert.deepEqual(
    ofMember({ type: "string", "x-kubernetes-validations": rules }).map((text) =>
      text.replace(/^.*validations/u, ""),
    ),
    [
      "[0].rule: Required value: rule is not specified",
      "[1].message: Required value: message must be specified if rule contains line breaks",
      '[2].fieldPath: Invalid value: "x": must be a valid path',
      '[2].message: Invalid value: " ": must be non-empty if specified',
      '[2].reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", ' +
        '"FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    ],
  );
});

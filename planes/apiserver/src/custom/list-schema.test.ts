import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { listRuleCauses } from "./list-schema.ts";

function texts(schema: JsonObject): readonly string[] {
  return listRuleCauses(schema, "s").map(({ field, message }) => `${field}: ${message}`);
}

const item = { type: "object", required: ["k"], properties: { k: { type: "string" } } };
const list = { type: "array", "x-kubernetes-list-type": "map", items: item };

test("a list of keys has keys that its items have", () => {
  assert.deepEqual(texts({ ...list, "x-kubernetes-list-map-keys": ["k"] }), []);
  assert.deepEqual(texts(list), [
    "s.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type " +
      "is map",
  ]);
  assert.match(
    texts({ ...list, "x-kubernetes-list-map-keys": ["z"] }).join(),
    /entries must all be names of item properties/u,
  );
  const optional = { ...item, required: [] };
  assert.match(
    texts({ ...list, items: optional, "x-kubernetes-list-map-keys": ["k"] }).join(),
    /must have a default or be a required property/u,
  );
});

test("lists and maps merge in ways that there are", () => {
  assert.match(
    texts({ type: "array", "x-kubernetes-list-type": "odd" }).join(),
    /"atomic", "map", "set"/u,
  );
  assert.match(
    texts({ type: "string", "x-kubernetes-map-type": "atomic" }).join(),
    /must be object if/u,
  );
  assert.match(
    texts({ type: "array", "x-kubernetes-list-map-keys": ["k"] }).join(),
    /must be map if/u,
  );
  assert.match(
    texts({ type: "array", "x-kubernetes-list-type": "set", items: { nullable: true } }).join(),
    /cannot be nullable when x-kubernetes-list-type is set/u,
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { memberNode, readSchema } from "./schema.ts";

test("a schema is read once, and what is malformed in it says nothing", () => {
  const node = readSchema({
    type: "object",
    nullable: true,
    properties: { a: { type: "string", default: "x" }, b: 3 },
    items: "odd",
    "x-kubernetes-list-map-keys": ["k", 1],
  });
  assert(node.isNullable);
  assert.equal(memberNode(node, "a")?.fallback, "x");
  assert.equal(memberNode(node, "b"), undefined);
  assert.equal(node.items, undefined);
  assert.deepEqual(node.listKeys, ["k"]);
});

test("other members are of one schema, or may be anything", () => {
  const typed = readSchema({ type: "object", additionalProperties: { type: "integer" } });
  assert.equal(memberNode(typed, "x")?.type, "integer");
  assert(memberNode(readSchema({ additionalProperties: true }), "x")?.preserves);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { prune } from "./pruning.ts";
import { readSchema } from "./schema.ts";

const node = readSchema({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        list: { type: "array", items: { type: "object", properties: { a: { type: "string" } } } },
        free: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
          properties: { known: { type: "object" } },
        },
      },
    },
  },
});

test("members that the schema does not know go, wherever they stand", () => {
  const { object, unknown } = prune(node, {
    apiVersion: "v1",
    kind: "X",
    metadata: { name: "a", odd: true },
    spec: { list: [{ a: "1", b: 2 }], free: { x: { y: 1 }, known: { z: 1 } }, more: [] },
    top: 1,
  });
  assert.deepEqual(object, {
    apiVersion: "v1",
    kind: "X",
    metadata: { name: "a" },
    spec: { list: [{ a: "1" }], free: { x: { y: 1 }, known: {} } },
  });
  assert.deepEqual(unknown, [
    "metadata.odd",
    "spec.free.known.z",
    "spec.list[0].b",
    "spec.more",
    "top",
  ]);
});

test("a member called __proto__ is one like others", () => {
  const named = JSON.parse('{"spec":{"free":{"__proto__":{"a":1}}}}');
  const { object } = prune(node, named);
  assert.equal(JSON.stringify(object), '{"spec":{"free":{"__proto__":{"a":1}}}}');
});

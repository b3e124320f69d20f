import assert from "node:assert/strict";
import { test } from "node:test";
import { listCauses } from "./list-rules.ts";
import { readSchema } from "./schema.ts";

const node = readSchema({
  type: "object",
  properties: {
    set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
    map: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["a", "b"],
      items: { type: "object", properties: { a: {}, b: {} } },
    },
    plain: { type: "array", items: { type: "string" } },
  },
});

test("sets have an item once, maps a key, and other lists what they like", () => {
  const value = {
    set: ["x", "y", "x"],
    map: [{ a: 1 }, { a: 1, b: 2 }, { a: 1, b: 2, c: 3 }, "odd"],
    plain: ["x", "x"],
  };
  assert.deepEqual(
    listCauses(node, value).map(({ field, message }) => `${field}: ${message}`),
    ['set[2]: Duplicate value: "x"', 'map[2]: Duplicate value: {"a":1,"b":2}'],
  );
});

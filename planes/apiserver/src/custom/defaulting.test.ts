import assert from "node:assert/strict";
import { test } from "node:test";
import { withDefaults } from "./defaulting.ts";
import { readSchema } from "./schema.ts";

const node = readSchema({
  type: "object",
  properties: {
    spec: {
      type: "object",
      default: {},
      properties: {
        a: { type: "string", default: "A" },
        b: { type: "string", nullable: true, default: "B" },
        list: {
          type: "array",
          items: { type: "object", properties: { port: { type: "integer", default: 80 } } },
        },
      },
    },
  },
});

test("a default is filled in where nothing is said, and in what was filled in", () => {
  assert.deepEqual(withDefaults(node, {}), { spec: { a: "A", b: "B" } });
  assert.deepEqual(withDefaults(node, { spec: { list: [{}, { port: 1 }] } }), {
    spec: { a: "A", b: "B", list: [{ port: 80 }, { port: 1 }] },
  });
});

test("null says nothing where it may not be, and itself where it may", () => {
  assert.deepEqual(withDefaults(node, { spec: { a: null, b: null } }), {
    spec: { a: "A", b: null },
  });
});

test("what lacks nothing stays the same object", () => {
  const whole = { spec: { a: "x", b: "y", list: [{ port: 1 }] } };
  assert.equal(withDefaults(node, whole), whole);
});

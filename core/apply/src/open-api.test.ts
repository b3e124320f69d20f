import assert from "node:assert/strict";
import { test } from "node:test";
import { extentOf } from "./extent.ts";
import { pathText } from "./field-path.ts";
import { pathsOf } from "./field-set.ts";
import { shapeOfOpenApi } from "./open-api.ts";
import { deduced, leaf, structOf } from "./shape.ts";
import { applyConfiguration } from "./tracking.ts";

const schema = {
  type: "object",
  properties: {
    size: { type: "integer" },
    port: { "x-kubernetes-int-or-string": true },
    list: { type: "array", items: { type: "string" } },
    set: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
    items: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name", "kind"],
      items: {
        type: "object",
        properties: { name: { type: "string" }, kind: { type: "string", default: "plain" } },
      },
    },
    whole: { type: "object", "x-kubernetes-map-type": "atomic", properties: { a: {} } },
    map: { type: "object", additionalProperties: { type: "string" } },
    free: { "x-kubernetes-preserve-unknown-fields": true },
    embedded: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: { spec: { type: "object" } },
    },
  },
};
const metadata = structOf(new Map([["finalizers", leaf]]));
const shape = shapeOfOpenApi(schema, { metadata });

test("a custom resource's schema says what is owned whole", () => {
  const value = {
    size: 1,
    port: "http",
    list: ["a"],
    set: ["a"],
    items: [{ name: "x" }],
    whole: { a: 1 },
    map: { k: "v" },
    free: { a: { b: [1] } },
    embedded: { metadata: { finalizers: ["a"] }, spec: {} },
  };
  assert.deepEqual(pathsOf(extentOf(shape, value)).map(pathText), [
    ".embedded.metadata.finalizers",
    ".embedded.spec",
    ".free.a",
    ".free.a.b",
    '.items[kind="plain",name="x"]',
    '.items[kind="plain",name="x"].name',
    ".list",
    ".map.k",
    ".port",
    '.set[="a"]',
    ".size",
    ".whole",
  ]);
});

test("what the schema does not say goes by the values", () => {
  assert.equal(shapeOfOpenApi(true, { metadata }), deduced);
  assert.equal(shapeOfOpenApi({}, { metadata }), deduced);
  const keyless = { type: "array", "x-kubernetes-list-type": "map", items: {} };
  assert.equal(shapeOfOpenApi(keyless, { metadata }), leaf);
});

test("custom resources are applied by it", () => {
  const writer = { manager: "ann", apiVersion: "v1", subresource: "", time: "" };
  const write = { shape, before: { set: ["a"] }, managers: [], writer, concerns: () => true };
  const result = applyConfiguration(write, { config: { set: ["b"] }, isForced: false });
  assert(result.ok);
  assert.deepEqual(result.object, { set: ["a", "b"] });
});

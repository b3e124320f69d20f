import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { escapedName, typeOfSchema } from "./declaration.ts";
import { evaluated } from "./test-evaluation.ts";

test("members that no expression can name are escaped", () => {
  assert.equal(escapedName("namespace"), "__namespace__");
  assert.equal(escapedName("x-y.z/w"), "x__dash__y__dot__z__slash__w");
  assert.equal(escapedName("a__b"), "a__underscores__b");
  assert.equal(escapedName("plain"), "plain");
  assert.equal(escapedName("9"), undefined);
  assert.equal(escapedName("$ref"), undefined);
});

const schema: JsonObject = {
  type: "object",
  properties: {
    when: { type: "string", format: "date-time" },
    ttl: { type: "string", format: "duration" },
    data: { type: "string", format: "byte" },
    ratio: { type: "number" },
    port: { "x-kubernetes-int-or-string": true },
    "my-key": { type: "string" },
    template: { type: "object", "x-kubernetes-embedded-resource": true },
    unknown: {},
  },
};

function ruled(rule: string, self: JsonObject): unknown {
  return evaluated(rule, { self }, { self: { schema, isResource: true } });
}

test("values are what their schema says, not what JSON says", () => {
  assert.equal(ruled("self.when.getFullYear()", { when: "2024-05-06T07:08:09Z" }), 2024);
  assert.equal(ruled("self.ttl < duration('2h')", { ttl: "90m" }), true);
  assert.equal(ruled("self.data == b'hi'", { data: "aGk=" }), true);
  assert.equal(ruled("self.ratio / 2.0", { ratio: 1 }), 0.5);
  assert.equal(ruled("self.port == 80 || self.port == 'http'", { port: "http" }), true);
  assert.equal(ruled("self.my__dash__key", { "my-key": "v" }), "v");
});

test("a resource has a kind and a name, and no more of its metadata", () => {
  const self = { kind: "A", metadata: { name: "x", labels: {} }, template: { kind: "B" } };
  assert.equal(ruled("self.metadata.name + self.kind + self.template.kind", self), "xAB");
  assert.match(String(ruled("self.metadata.labels", self)), /undefined field 'labels'/u);
  assert.match(String(ruled("self.unknown", self)), /undefined field 'unknown'/u);
});

test("what has no type has none for expressions", () => {
  assert.equal(typeOfSchema({ "x-kubernetes-preserve-unknown-fields": true }), undefined);
  assert.equal(typeOfSchema({ type: "array", items: {} }), undefined);
});

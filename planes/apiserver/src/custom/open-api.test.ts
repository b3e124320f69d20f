import assert from "node:assert/strict";
import { test } from "node:test";
import { isKubeObject, ResourceBook } from "@beemesh/model";
import { fieldAt, mapAt } from "../field.ts";
import { customDefinitionsV2, customOpenApiV3, customPaths, schemaName } from "./open-api.ts";
import { gatewayDefinition } from "./test-definition.ts";

const book = new ResourceBook();
const definition = gatewayDefinition();
assert(isKubeObject(definition));
book.learn(definition);
const gateways = book.serving("net.example.com", "v1", "gateways");
assert(gateways);

test("a document has the paths of its resources, with the patches that they take", () => {
  const paths = customPaths([gateways]);
  const item = "/apis/net.example.com/v1/namespaces/{namespace}/gateways/{name}";
  assert(item in paths && `${item}/status` in paths && `${item}/scale` in paths);
  assert.deepEqual(Object.keys(mapAt(paths, item, "patch", "requestBody", "content")), [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/apply-patch+yaml",
  ]);
});

test("schemas have what every object has, and name their kinds", () => {
  assert.equal(schemaName(gateways), "com.example.net.v1.Gateway");
  const schemas = mapAt(customOpenApiV3([gateways]), "components", "schemas");
  const own = mapAt(schemas, "com.example.net.v1.Gateway", "properties");
  assert.deepEqual(Object.keys(own).toSorted(), [
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "status",
  ]);
  assert("metadata" in mapAt(own, "spec", "properties", "template", "properties"));
  assert.deepEqual(
    fieldAt(schemas, "com.example.net.v1.GatewayList", "properties", "items", "items"),
    { $ref: "#/components/schemas/com.example.net.v1.Gateway" },
  );
});

test("version 2 leaves out what it cannot say", () => {
  const definitions = customDefinitionsV2(gateways);
  const spec = mapAt(definitions, "com.example.net.v1.Gateway", "properties", "spec", "properties");
  assert.deepEqual(fieldAt(spec, "settings"), {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
  });
  assert.equal(fieldAt(spec, "note", "type"), undefined, "null is taken there");
  assert.equal(fieldAt(spec, "port", "anyOf"), undefined);
  assert.equal(fieldAt(spec, "class", "default"), undefined);
});

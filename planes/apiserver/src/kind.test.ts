import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, isKubeObject, ResourceBook, shapeOf } from "@beemesh/model";
import { customPaths, gateway, gatewayDefinition } from "./custom/test-definition.ts";
import { defaults, pruneUnknown, unknownFields, validate, warningsFor } from "./kind.ts";
import { configMapManifest } from "./test-object.ts";

const book = new ResourceBook();
const definition = gatewayDefinition();
const object = gateway("a", { odd: 1 });
assert(isKubeObject(definition) && isKubeObject(object));
book.learn(definition);
const gateways = book.find("net.example.com", "gateways");
const maps = findResource("", "configmaps");
const definitions = findResource("apiextensions.k8s.io", "customresourcedefinitions");
assert(gateways && maps && definitions);

test("a definition's kind is asked of its schema, the API's own of the model", () => {
  assert(customPaths.gateways.includes("gateways"));
  assert.deepEqual(unknownFields(gateways, object), ["spec.odd"]);
  const whole = defaults(gateways, pruneUnknown(gateways, object));
  assert.deepEqual(validate(gateways, whole), []);
  assert.equal(shapeOf(gateways).kind, "members");
  assert.deepEqual(warningsFor(gateways, whole), []);
  const map: unknown = configMapManifest("a", {});
  assert(isKubeObject(map));
  assert.deepEqual(unknownFields(maps, map), []);
});

test("a definition is checked by the model's rules and by its own", () => {
  const whole = defaults(definitions, definition);
  assert.deepEqual(validate(definitions, whole), []);
  const { metadata, ...rest } = whole;
  const causes = validate(definitions, { ...rest, metadata: { ...metadata, name: "x.y" } });
  assert.deepEqual(
    causes.map(({ field }) => field),
    ["metadata.name"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { objectAt, valueAt } from "./members.ts";
import { findResource } from "./resource.ts";
import { structuralSchema } from "./structural-schema.ts";

test("a kind's schema says what its objects have, all the way down", () => {
  const resource = findResource("apps", "deployments");
  assert(resource);
  const schema = structuralSchema(resource);
  const spec = objectAt(schema, "properties", "spec", "properties");
  assert.deepEqual(valueAt(spec, ["replicas"]), { type: "integer" });
  const pod = objectAt(spec, "template", "properties", "spec", "properties");
  assert.equal(valueAt(pod, ["containers", "items", "properties", "name", "type"]), "string");
  assert.deepEqual(valueAt(pod, ["nodeSelector", "additionalProperties"]), { type: "string" });
  const labels = valueAt(schema, ["properties", "metadata", "properties", "labels", "type"]);
  assert.equal(labels, "object");
});

test("a type that holds itself comes to an end", () => {
  const resource = findResource("apiextensions.k8s.io", "customresourcedefinitions");
  assert(resource);
  assert(JSON.stringify(structuralSchema(resource)).includes("x-kubernetes-int-or-string"));
});

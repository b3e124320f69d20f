import assert from "node:assert/strict";
import { test } from "node:test";
import { componentSchemas, schemaName } from "./openapi-schemas.ts";

test("schemas have the names that clients know", () => {
  assert.deepEqual(
    [
      "core.v1.Pod",
      "meta.v1.ObjectMeta",
      "Quantity",
      "Time",
      "runtime.Unknown",
      "beemesh.v1.ExternalWorkload",
    ].map(schemaName),
    [
      "io.k8s.api.core.v1.Pod",
      "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
      "io.k8s.apimachinery.pkg.api.resource.Quantity",
      "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
      "io.k8s.apimachinery.pkg.runtime.Unknown",
      "io.beemesh.v1.ExternalWorkload",
    ],
  );
});

test("a type comes with all that it refers to, and a kind with its name", () => {
  const kind = { group: "", version: "v1", kind: "ConfigMap" };
  const schemas = componentSchemas(["core.v1.ConfigMap"], new Map([["core.v1.ConfigMap", kind]]));
  assert.deepEqual(Object.keys(schemas), [
    "io.k8s.api.core.v1.ConfigMap",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
  ]);
  const meta = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
  assert.deepEqual(schemas["io.k8s.api.core.v1.ConfigMap"], {
    type: "object",
    properties: {
      apiVersion: { type: "string" },
      binaryData: {
        type: "object",
        additionalProperties: { type: "string", format: "byte" },
      },
      data: { type: "object", additionalProperties: { type: "string" } },
      immutable: { type: "boolean" },
      kind: { type: "string" },
      metadata: { allOf: [{ $ref: meta }] },
    },
    "x-kubernetes-group-version-kind": [kind],
  });
});

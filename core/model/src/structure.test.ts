import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { typeNamed } from "./schema.ts";
import { requiredCauses, structureCauses } from "./structure.ts";

function fieldsOf(typeName: string, object: JsonObject): string[] {
  const type = typeNamed(typeName);
  assert(type);
  return structureCauses(type, object).map(({ field, message }) => `${field}: ${message}`);
}

describe("structureCauses", () => {
  test("finds nothing in an object of the right types, whatever else it holds", () => {
    const secret = {
      metadata: { creationTimestamp: "2026-01-02T03:04:05Z", labels: { a: null } },
      data: { a: "aGk=", b: "" },
      unknown: 1,
      immutable: null,
    };
    assert.deepEqual(fieldsOf("core.v1.Secret", secret), []);
  });

  test("takes a schema or what may stand for one, and nothing else", () => {
    const parts = { additionalProperties: true, properties: { a: { items: { type: "string" } } } };
    assert.deepEqual(fieldsOf("apiextensions.v1.JSONSchemaProps", parts), []);
    const wrong = { additionalProperties: "yes", items: { type: 1 } };
    assert.deepEqual(fieldsOf("apiextensions.v1.JSONSchemaProps", wrong), [
      'additionalProperties: Invalid value: "string": additionalProperties in body must be ' +
        "of type object",
      'items.type: Invalid value: "number": items.type in body must be of type string',
    ]);
  });

  test("names each field of a wrong type by its path", () => {
    const pod = {
      metadata: { labels: { a: 1 }, creationTimestamp: "yesterday" },
      spec: {
        containers: [{ ports: [{ containerPort: "80" }], tty: "yes", args: "x" }, 1],
        nodeSelector: [],
        terminationGracePeriodSeconds: 1.5,
        overhead: { cpu: "much", memory: true },
      },
    };
    assert.deepEqual(fieldsOf("core.v1.Pod", pod), [
      'metadata.labels[a]: Invalid value: "number": metadata.labels[a] in body must be ' +
        "of type string",
      'metadata.creationTimestamp: Invalid value: "string": metadata.creationTimestamp in body ' +
        "must be of type date-time string",
      'spec.containers[0].ports[0].containerPort: Invalid value: "string": ' +
        "spec.containers[0].ports[0].containerPort in body must be of type integer",
      'spec.containers[0].tty: Invalid value: "string": spec.containers[0].tty in body must be ' +
        "of type boolean",
      'spec.containers[0].args: Invalid value: "string": spec.containers[0].args in body must be ' +
        "of type array",
      'spec.containers[1]: Invalid value: "number": spec.containers[1] in body must be of type ' +
        "object",
      'spec.nodeSelector: Invalid value: "array": spec.nodeSelector in body must be of type object',
      'spec.terminationGracePeriodSeconds: Invalid value: "number": ' +
        "spec.terminationGracePeriodSeconds in body must be of type integer",
      'spec.overhead[cpu]: Invalid value: "much": quantities must match the regular expression ' +
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      'spec.overhead[memory]: Invalid value: "boolean": spec.overhead[memory] in body must be of ' +
        "type string or number",
    ]);
  });

  test("keeps to the range of 32-bit numbers", () => {
    const replicas = (value: number): number =>
      fieldsOf("apps.v1.Deployment", { spec: { replicas: value } }).length;
    assert.deepEqual(
      [2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1].map(replicas),
      [0, 1, 0, 1],
    );
  });

  test("stops after 100 causes", () => {
    const containers = Array.from({ length: 1000 }, () => 1);
    assert.equal(fieldsOf("core.v1.Pod", { spec: { containers } }).length, 100);
  });
});

test("requiredCauses names what is missing, empty text and lists too, but in statuses", () => {
  const type = typeNamed("core.v1.EnvVar");
  const header = typeNamed("core.v1.HTTPHeader");
  assert(type && header);
  assert.deepEqual(requiredCauses(type, { name: "" }, "e"), [
    { reason: "FieldValueRequired", field: "e.name", message: "Required value" },
  ]);
  assert.deepEqual(requiredCauses(header, { name: "a", value: "" }, "h"), []);
  assert.deepEqual(requiredCauses(type, {}, "status.x"), []);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { defaults } from "./defaults.ts";
import { isKubeObject, type KubeObject } from "./object.ts";
import { resourceOfKind, resources } from "./resource.ts";
import { validate } from "./validate.ts";

function check(body: KubeObject, before?: KubeObject): string[] {
  const resource = resourceOfKind(body.apiVersion, body.kind);
  assert(resource);
  return validate(resource, body, before).map(({ field, message }) => `${field}: ${message}`);
}

function deployment(spec: object): KubeObject {
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "web:1" }] },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { matchLabels: { app: "web" } }, template, ...spec },
  };
}

describe("validate", () => {
  test("finds nothing wrong with a good object, before and after its defaults", () => {
    const resource = resourceOfKind("apps/v1", "Deployment");
    assert(resource);
    assert.deepEqual(check(deployment({})), []);
    assert.deepEqual(check(defaults(resource, deployment({}))), []);
  });

  test("asks for what is required", () => {
    const body = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "" }, spec: {} };
    assert.deepEqual(check(body), [
      "metadata.name: Required value: name or generateName is required",
      "spec.selector: Required value",
      "spec.template.spec.containers: Required value",
    ]);
  });

  test("answers for the shape alone if the shape is wrong", () => {
    assert.deepEqual(check(deployment({ replicas: "3", selector: {} })), [
      'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer',
    ]);
  });

  test("looks at every type in the object", () => {
    assert.deepEqual(check(deployment({ replicas: -1, strategy: { type: "Rolling" } })), [
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      'spec.strategy.type: Unsupported value: "Rolling": supported values: "Recreate", ' +
        '"RollingUpdate"',
    ]);
  });

  test("names what may not change", () => {
    const before = deployment({});
    const after = deployment({ selector: { matchLabels: {} } });
    assert(check(after, before).some((text) => text.endsWith("field is immutable")));
    assert.deepEqual(check(before, before), []);
  });

  test("never fails, whatever the object", () => {
    for (const resource of resources) {
      const { kind } = resource;
      fc.assert(
        fc.property(fc.object({ maxDepth: 4 }), fc.object({ maxDepth: 5 }), (metadata, spec) => {
          const body: unknown = JSON.parse(
            JSON.stringify({ apiVersion: "v1", kind, metadata, spec }),
          );
          if (!isKubeObject(body)) return;
          validate(resource, body, body);
          validate(resource, defaults(resource, body));
        }),
        { numRuns: 30 },
      );
    }
  });
});

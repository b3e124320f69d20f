import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

function check(kind: string, metadata: object, rest: object = {}): string[] {
  const resource = resourceOfKind("v1", kind);
  assert(resource);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong metadata is the point
  const body = { apiVersion: "v1", kind, metadata, ...rest } as KubeObject;
  return validate(resource, body).map(({ field, message }) => `${field}: ${message.slice(0, 60)}`);
}

describe("rules of metadata", () => {
  test("names are of the kind's form", () => {
    assert.deepEqual(check("ConfigMap", { name: "a.b" }), []);
    assert.deepEqual(check("Namespace", { name: "a.b" }), [
      'metadata.name: Invalid value: "a.b": a lowercase RFC 1123 label must consis',
    ]);
    assert.deepEqual(check("Service", { name: "1a" }, { spec: { clusterIP: "None" } }), [
      'metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower ',
    ]);
    assert.deepEqual(check("ConfigMap", { generateName: "a-" }), []);
    assert.deepEqual(check("ConfigMap", { generateName: "A-" }).length, 1);
    assert.deepEqual(check("ConfigMap", {}), [
      "metadata.name: Required value: name or generateName is required",
    ]);
  });

  test("a namespace is a label, and only for what has one", () => {
    assert.deepEqual(check("ConfigMap", { name: "a", namespace: "A" }).length, 1);
    assert.deepEqual(check("Namespace", { name: "a", namespace: "b" }), [
      "metadata.namespace: Forbidden: not allowed on this type",
    ]);
  });

  test("labels and annotations have keys, and labels values, of the known form", () => {
    const metadata = {
      name: "a",
      labels: { "a b": "c", d: "e f" },
      annotations: { "A/b": "any text", "a b": "" },
    };
    assert.deepEqual(check("ConfigMap", metadata), [
      'metadata.labels: Invalid value: "a b": name part must consist of alphanumeric',
      'metadata.labels: Invalid value: "e f": a valid label must be an empty string ',
      'metadata.annotations: Invalid value: "a b": name part must consist of alphanumeric',
    ]);
  });

  test("annotations have a size", () => {
    assert.deepEqual(check("ConfigMap", { name: "a", annotations: { b: "x".repeat(262_144) } }), [
      "metadata.annotations: Too long: may not be more than 262144 bytes",
    ]);
  });

  test("one owner controls", () => {
    const owner = { apiVersion: "v1", kind: "Pod", name: "a", uid: "u", controller: true };
    assert.deepEqual(check("ConfigMap", { name: "a", ownerReferences: [owner] }), []);
    const two = [owner, { ...owner, uid: "" }];
    assert.equal(check("ConfigMap", { name: "a", ownerReferences: two }).length, 2);
  });

  test("finalizers are qualified names", () => {
    assert.equal(check("ConfigMap", { name: "a", finalizers: ["a b"] }).length, 1);
  });
});

test("selector requirements have values exactly if their operator takes some", () => {
  const constraint = (expression: object): object => ({
    containers: [{ name: "a", image: "b" }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchExpressions: [{ key: "a", ...expression }] },
      },
    ],
  });
  const causes = (expression: object): string[] =>
    check("Pod", { name: "a" }, { spec: constraint(expression) });
  assert.deepEqual(causes({ operator: "In", values: ["b"] }), []);
  assert.equal(causes({ operator: "In" }).length, 1);
  assert.equal(causes({ operator: "Exists", values: ["b"] }).length, 1);
  assert.equal(causes({ operator: "Near" }).length, 1);
  assert.equal(causes({ operator: "In", values: ["b c"] }).length, 1);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { findResource } from "./resource.ts";
import { updateCauses } from "./update-rules.ts";

function check(resourceName: string, before: JsonObject, after: JsonObject): string[] {
  const resource = ["", "apps", "batch"]
    .map((group) => findResource(group, resourceName))
    .find((found) => found !== undefined);
  assert(resource);
  return updateCauses(resource, before, after).map(({ field, reason }) => `${field} ${reason}`);
}

describe("rules of updates", () => {
  test("a name, namespace and uid stay; to leave them out is no change", () => {
    const before = { metadata: { name: "a", namespace: "b", uid: "c" } };
    assert.deepEqual(check("configmaps", before, { metadata: {} }), []);
    assert.deepEqual(check("configmaps", before, { metadata: { name: "x", uid: "y" } }), [
      "metadata.name FieldValueInvalid",
      "metadata.uid FieldValueInvalid",
    ]);
  });

  test("a selector stays", () => {
    const [a, b] = ["a", "b"].map((app) => ({ spec: { selector: { matchLabels: { app } } } }));
    assert(a && b);
    assert.deepEqual(check("deployments", a, b), ["spec.selector FieldValueInvalid"]);
    assert.deepEqual(check("replicasets", a, a), []);
  });

  test("of a pod the images, deadline and more tolerations may change, nothing else", () => {
    const pod = (spec: JsonObject, image = "a"): JsonObject => ({
      spec: { containers: [{ name: "a", image }], ...spec },
    });
    const toleration = { key: "a", operator: "Exists" };
    assert.deepEqual(check("pods", pod({}), pod({}, "b")), []);
    assert.deepEqual(check("pods", pod({}), pod({ tolerations: [toleration] })), []);
    assert.deepEqual(check("pods", pod({ tolerations: [toleration] }), pod({})), [
      "spec.tolerations FieldValueForbidden",
    ]);
    assert.deepEqual(check("pods", pod({}), pod({ hostname: "x" })), ["spec FieldValueForbidden"]);
    assert.deepEqual(check("pods", pod({}), pod({ activeDeadlineSeconds: 5 })), []);
    assert.deepEqual(check("pods", pod({ activeDeadlineSeconds: 5 }), pod({})), [
      "spec.activeDeadlineSeconds FieldValueInvalid",
    ]);
    const longer = pod({ activeDeadlineSeconds: 6 });
    assert.equal(check("pods", pod({ activeDeadlineSeconds: 5 }), longer).length, 1);
  });

  test("the address of a service stays", () => {
    const service = (spec: JsonObject): JsonObject => ({ spec });
    const first = service({ clusterIP: "10.0.0.1" });
    assert.deepEqual(check("services", service({}), first), []);
    assert.deepEqual(check("services", first, service({ clusterIP: "10.0.0.2" })), [
      "spec.clusterIPs[0] FieldValueInvalid",
    ]);
    assert.deepEqual(check("services", first, service({ type: "ExternalName" })), []);
  });

  test("of a Job the template stays, and the completions unless it is elastic", () => {
    const job = (spec: JsonObject): JsonObject => ({ spec: { completions: 3, ...spec } });
    const elastic = { completionMode: "Indexed", parallelism: 3 };
    assert.deepEqual(check("jobs", job({ parallelism: 1 }), job({ parallelism: 2 })), []);
    assert.deepEqual(check("jobs", job({}), job({ completions: 4 })), [
      "spec.completions FieldValueInvalid",
    ]);
    const larger = { completions: 4, parallelism: 4 };
    assert.deepEqual(check("jobs", job(elastic), job({ ...elastic, ...larger })), []);
    assert.equal(check("jobs", job(elastic), job({ ...elastic, completions: 4 })).length, 1);
    assert.deepEqual(check("jobs", job({ template: { a: 1 } }), job({ template: {} })), [
      "spec.template FieldValueInvalid",
    ]);
  });

  test("frozen data stays, and stays frozen", () => {
    const frozen = { immutable: true, data: { a: "b" } };
    assert.deepEqual(check("configmaps", frozen, frozen), []);
    assert.deepEqual(check("configmaps", frozen, { data: {} }), [
      "immutable FieldValueForbidden",
      "data FieldValueForbidden",
    ]);
    assert.deepEqual(check("secrets", { type: "a" }, { type: "b" }), ["type FieldValueInvalid"]);
  });
});

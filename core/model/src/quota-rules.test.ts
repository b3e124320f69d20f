import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { findResource } from "./resource.ts";
import { validate } from "./validate.ts";

function causes(spec: JsonObject, before?: JsonObject): readonly string[] {
  const resource = findResource("", "resourcequotas");
  assert(resource);
  const quota = (own: JsonObject) => ({
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q", namespace: "default" },
    spec: own,
  });
  const found = validate(resource, quota(spec), before && quota(before));
  return found.map(({ field, message }) => `${field}: ${message}`);
}

test("what can be counted is named as Kubernetes names it", () => {
  const hard = {
    pods: "1",
    "requests.cpu": "500m",
    "requests.nvidia.com/gpu": "1",
    "count/deployments.apps": "1",
    "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
    "hugepages-2Mi": "2Mi",
  };
  assert.deepEqual(causes({ hard }), []);
  assert.deepEqual(causes({ hard: { gpus: "1" } }), [
    'spec.hard[gpus]: Invalid value: "gpus": must be a standard resource for quotas',
  ]);
  assert.deepEqual(causes({ hard: { pods: "1500m" } }), [
    'spec.hard[pods]: Invalid value: "1500m": must be an integer',
  ]);
});

test("scopes go with what pods take, and not against each other", () => {
  assert.deepEqual(causes({ hard: { pods: "1" }, scopes: ["BestEffort"] }), []);
  assert.deepEqual(causes({ hard: { cpu: "1" }, scopes: ["NotTerminating"] }), []);
  const messages = (spec: JsonObject): readonly string[] =>
    causes(spec).map((text) => text.split(": ").at(-1) ?? "");
  assert.deepEqual(messages({ hard: { cpu: "1" }, scopes: ["BestEffort"] }), [
    "unsupported scope applied to resource",
  ]);
  assert.deepEqual(messages({ hard: { pods: "1" }, scopes: ["Terminating", "NotTerminating"] }), [
    "conflicting scopes",
  ]);
});

test("scopes stay what they are", () => {
  const spec = { hard: { pods: "1" }, scopes: ["BestEffort"] };
  assert.deepEqual(causes({ ...spec, hard: { pods: "2" } }, spec), []);
  assert.deepEqual(causes({ hard: { pods: "1" }, scopes: ["NotBestEffort"] }, spec), [
    'spec.scopes: Invalid value: ["NotBestEffort"]: field is immutable',
  ]);
});

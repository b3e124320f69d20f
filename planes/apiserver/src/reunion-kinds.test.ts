import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type KubeObject } from "@beemesh/model";
import { pruneUnknown, unknownFields } from "./kind.ts";
import { reunionKinds } from "./reunion-kinds.ts";

const maps = findResource("", "configmaps");
const policies = findResource("admissionregistration.k8s.io", "validatingadmissionpolicies");
assert(maps && policies);

const map: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "conf", namespace: "default", uid: "u1" },
  data: { a: "1" },
};

test("what waits for nothing any more is gone", () => {
  const time = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  const marked = { ...map, metadata: { ...map.metadata, ...time } };
  assert.equal(reunionKinds.complete(maps, marked), undefined);
  const held = { ...marked, metadata: { ...marked.metadata, finalizers: ["example.com/one"] } };
  assert.deepEqual(reunionKinds.complete(maps, held), held);
  assert.deepEqual(reunionKinds.complete(maps, map), map);
});

test("no client writes the account of edits: it is no field of the metadata", () => {
  const edits = { base: "000000000000.0", by: [], on: ["x"] };
  const forged = { ...map, metadata: { ...map.metadata, edits } };
  assert.deepEqual(unknownFields(maps, forged), ["metadata.edits"]);
  assert.deepEqual(pruneUnknown(maps, forged), map);
});

test("the fields that are wrong are told, and nothing of what stands in them", () => {
  assert.deepEqual(reunionKinds.faults(maps, map, map), []);
  const both = { ...map, binaryData: { a: "c2VjcmV0" } };
  const fields = reunionKinds.faults(maps, both, map);
  assert(fields.length > 0 && fields.every((field) => field.includes("ata")));
  assert(!fields.join().includes("c2VjcmV0"));
});

test("expressions are judged as they are when a client writes them", () => {
  const policy = (expression: string): KubeObject => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p", uid: "u2" },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
        ],
      },
      validations: [{ expression }],
    },
  });
  const before = reunionKinds.complete(policies, policy("true"));
  const next = reunionKinds.complete(policies, policy("variables.gone"));
  assert(before && next);
  assert.deepEqual(reunionKinds.faults(policies, before, before), []);
  assert.deepEqual(reunionKinds.faults(policies, next, before), ["spec.validations[0].expression"]);
});

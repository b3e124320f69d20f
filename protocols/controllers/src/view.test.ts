import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { podResource } from "./kinds.ts";
import {
  adopting,
  controllerOf,
  controllerReference,
  deleting,
  refOf,
  releasing,
  withOwners,
} from "./view.ts";

const now = { at: instantAt(0), wallMs: 0 };
const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default", uid: "P" },
  spec: { containers: [], terminationGracePeriodSeconds: 5 },
};

describe("deleting", () => {
  test("ends at once what no machine has", () => {
    assert.equal(deleting(podResource, pod, now)?.effects[0]?.kind, "remove");
  });

  test("marks what a machine has, or a finalizer holds", () => {
    const bound = { ...pod, spec: { terminationGracePeriodSeconds: 5, nodeName: "ann" } };
    const [effect] = deleting(podResource, bound, now)?.effects ?? [];
    assert(effect?.kind === "put");
    assert.equal(effect.object.metadata.deletionGracePeriodSeconds, 5);
    assert.equal(effect.object.metadata.deletionTimestamp, "1970-01-01T00:00:05Z");
    const metadata = { ...pod.metadata, finalizers: ["x"] };
    assert.equal(deleting(podResource, { ...pod, metadata }, now)?.effects[0]?.kind, "put");
  });

  test("does nothing twice", () => {
    const metadata = { ...pod.metadata, deletionTimestamp: "now" };
    assert.equal(deleting(podResource, { ...pod, metadata }, now), undefined);
  });
});

test("references name one object of one life", () => {
  const reference = controllerReference(pod);
  assert.equal(controllerOf(withOwners(pod, [reference]))?.uid, "P");
  assert.equal(controllerOf(withOwners(pod, [])), undefined);
  assert.deepEqual(refOf(pod), {
    apiVersion: "v1",
    kind: "Pod",
    namespace: "default",
    name: "p",
    uid: "P",
  });
});

test("what is adopted has one owner more, and what is released one less", () => {
  const job: KubeObject = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "default", uid: "J" },
  };
  const other = { apiVersion: "v1", kind: "Pod", name: "o", uid: "O" };
  const [adopted] = adopting(job, podResource, withOwners(pod, [other])).effects;
  assert(adopted?.kind === "put");
  const owners = [other, controllerReference(job)];
  assert.deepEqual(adopted.object.metadata.ownerReferences, owners);
  const [released] = releasing(job, podResource, withOwners(pod, owners)).effects;
  assert(released?.kind === "put");
  assert.deepEqual(released.object.metadata.ownerReferences, [other]);
});

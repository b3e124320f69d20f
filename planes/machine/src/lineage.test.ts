import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, Pod } from "@beemesh/model";
import { type Entry, formatStamp } from "@beemesh/wire";
import { descentOf, type Lookup, lineageOf } from "./lineage.ts";

const ownedBy = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: "apps/v1", kind, name, uid: "u", controller: true }],
});
const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1-a", namespace: "shop", ...ownedBy("ReplicaSet", "web-1") },
  spec: { containers: [{ name: "web", image: "x" }] },
};
const replicaSet: KubeObject = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web-1", namespace: "shop", ...ownedBy("Deployment", "web") },
};
const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop" },
};
const replicaSetRecord = { collection: "replicasets.apps/shop", name: "web-1" };
const deploymentRecord = { collection: "deployments.apps/shop", name: "web" };

const lookupOf =
  (...objects: readonly KubeObject[]): Lookup =>
  ({ kind }, namespace, name) =>
    objects.find(
      (object) =>
        object.kind === kind &&
        object.metadata.namespace === namespace &&
        object.metadata.name === name,
    );

describe("the lineage of a pod", () => {
  test("is its ReplicaSet and that one's Deployment", () => {
    assert.deepEqual(lineageOf(pod, lookupOf(replicaSet, deployment)), {
      upper: replicaSet,
      top: deployment,
      records: [replicaSetRecord, deploymentRecord],
      missing: undefined,
    });
  });

  test("says which record is missing: the nearest first, for it names the next", () => {
    assert.deepEqual(lineageOf(pod, lookupOf(deployment)).missing, replicaSetRecord);
    assert.deepEqual(lineageOf(pod, lookupOf(replicaSet)).missing, deploymentRecord);
  });

  test("is its Job", () => {
    const metadata = { ...pod.metadata, ...ownedBy("Job", "pi") };
    const job = {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "pi", namespace: "shop" },
    };
    const { upper, records, missing } = lineageOf({ ...pod, metadata }, lookupOf(job));
    assert.deepEqual([upper, missing], [job, undefined]);
    assert.deepEqual(records, [{ collection: "jobs.batch/shop", name: "pi" }]);
    assert.deepEqual(lineageOf({ ...pod, metadata }, lookupOf()).missing, records[0]);
  });

  test("is nothing for a pod that stands for itself, or has another kind of owner", () => {
    for (const metadata of [{ name: "web" }, { name: "web", ...ownedBy("Flow", "web") }]) {
      const { records, missing } = lineageOf({ ...pod, metadata }, lookupOf());
      assert.deepEqual([records, missing], [[], undefined]);
    }
  });
});

test("an entry descends from the owner that controls it", () => {
  const entryOf = (collection: string, object: unknown, part: Entry["part"] = "spec"): Entry => ({
    collection,
    name: "x",
    part,
    stamp: formatStamp({ wallMs: 1, counter: 0, machine: "p1" }),
    author: "p1",
    body: typeof object === "string" ? object : JSON.stringify(object),
    signature: "s",
  });
  assert.deepEqual(descentOf(entryOf("pods/shop", pod)), [replicaSetRecord]);
  assert.deepEqual(descentOf(entryOf("replicasets.apps/shop", replicaSet)), [deploymentRecord]);
  const ofJob = { metadata: ownedBy("Job", "pi") };
  assert.deepEqual(descentOf(entryOf("pods/shop", ofJob)), [
    { collection: "jobs.batch/shop", name: "pi" },
  ]);
  assert.deepEqual(descentOf(entryOf("replicasets.apps/shop", ofJob)), []);
  assert.deepEqual(descentOf(entryOf("deployments.apps/shop", deployment)), []);
  assert.deepEqual(descentOf(entryOf("pods/shop", pod, "status:u")), []);
  assert.deepEqual(descentOf(entryOf("pods/shop", "")), []);
  assert.deepEqual(descentOf(entryOf("pods/shop", '"ownerReferences"')), []);
  for (const ownerReferences of [
    1,
    [1],
    [{ kind: "Flow", name: "web", controller: true }],
    [{ kind: "ReplicaSet", name: 7, controller: true }],
    [{ kind: "ReplicaSet", name: "web", controller: false }],
  ]) {
    assert.deepEqual(descentOf(entryOf("pods/shop", { metadata: { ownerReferences } })), []);
  }
});

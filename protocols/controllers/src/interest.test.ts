import assert from "node:assert/strict";
import { test } from "node:test";
import { judgingResources } from "@beemesh/admission";
import type { KubeObject } from "@beemesh/model";
import { interestedIn } from "./interest.ts";
import {
  jobResource,
  namespaceResource,
  podResource,
  replicaSetResource,
  resourceQuotaResource,
  serviceResource,
} from "./kinds.ts";
import { viewOf } from "./sight.ts";

const labels = { app: "web" };
const controller = true;

function pod(more: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const metadata = { name: "p", namespace: "default", uid: "P", labels, ...more };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [] } };
}

test("a pod concerns its owners, theirs, its Services, and whoever might adopt it", () => {
  const { store, census } = viewOf();
  const of = (kind: string, name: string, uid: string) => [
    { apiVersion: "apps/v1", kind, name, uid, controller },
  ];
  const metadata = { namespace: "default" };
  const ownerReferences = of("Deployment", "web", "D");
  store.putSpec(replicaSetResource, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { ...metadata, name: "web-x", uid: "R", ownerReferences },
    spec: { selector: { matchLabels: labels }, template: { spec: { containers: [] } } },
  });
  store.putSpec(jobResource, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { ...metadata, name: "work", uid: "J" },
    spec: { selector: { matchLabels: labels }, template: { spec: { containers: [] } } },
  });
  store.putSpec(serviceResource, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, name: "web", uid: "S" },
    spec: { selector: labels },
  });
  store.putSpec(namespaceResource, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "default", uid: "N", deletionTimestamp: "now" },
  });
  const keysOf = (object: KubeObject): string[] => [
    ...interestedIn({ kind: "added", resource: podResource, object, revision: "" }, store, census),
  ];
  assert.deepEqual(keysOf(pod({ ownerReferences: of("ReplicaSet", "web-x", "R") })).toSorted(), [
    "deployments.apps/default/web",
    "namespaces/-/default",
    "pods/default/p",
    "replicasets.apps/default/web-x",
    "services/default/web",
  ]);
  for (const key of ["replicasets.apps/default/web-x", "jobs.batch/default/work"]) {
    assert(keysOf(pod()).includes(key));
    assert(!keysOf(pod({ labels: {} })).includes(key));
  }
});

test("the end of an owner concerns what it owns", () => {
  const { store, census } = viewOf();
  const owner = { apiVersion: "v1", kind: "Pod", name: "owner", uid: "O" };
  store.putSpec(podResource, pod({ ownerReferences: [owner] }));
  const object = pod({ name: "owner", uid: "O" });
  const change = { kind: "deleted", resource: podResource, object, revision: "" } as const;
  assert(interestedIn(change, store, census).has("pods/default/p"));
});

test("a quota and a LimitRange concern those who make pods; what is used, who was refused", () => {
  const { store, census } = viewOf();
  const setOf = (name: string): KubeObject => ({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, namespace: "default", uid: name },
    spec: { selector: { matchLabels: labels }, template: { spec: { containers: [] } } },
  });
  store.putSpec(replicaSetResource, setOf("fine"));
  store.putSpec(replicaSetResource, setOf("refused"));
  const conditions = [{ type: "ReplicaFailure" }];
  store.putStatus(replicaSetResource, { ...setOf("refused"), status: { conditions } });
  const quota: KubeObject = {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q", namespace: "default", uid: "Q" },
    spec: { hard: { pods: "1" } },
  };
  store.putSpec(resourceQuotaResource, quota);
  const change = { resource: resourceQuotaResource, object: quota, revision: "1" };
  const concerned = (kind: "added" | "modified") =>
    [...interestedIn({ ...change, kind, before: quota }, store, census)].toSorted();
  const [own, refused, well] = [
    "resourcequotas/default/q",
    "replicasets.apps/default/refused",
    "replicasets.apps/default/fine",
  ];
  assert.deepEqual(concerned("added"), [well, refused, own]);
  assert.deepEqual(concerned("modified"), [refused, own]);
  const [judging] = judgingResources;
  assert(judging);
  const hooks = { ...quota, metadata: { name: "h", uid: "H" }, spec: {} };
  const judge = { kind: "added", resource: judging, object: hooks, revision: "1" } as const;
  assert(interestedIn(judge, store, census).has(well ?? ""), "who judges concerns all makers");
  const ofPod = { kind: "added", resource: podResource, object: pod(), revision: "1" } as const;
  assert(interestedIn(ofPod, store, census).has(own ?? ""), "a quota counts what comes");
});

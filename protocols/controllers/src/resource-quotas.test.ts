import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { podResource, resourceQuotaResource } from "./kinds.ts";
import { lookAtResourceQuota } from "./resource-quotas.ts";
import { viewOf } from "./sight.ts";

const quota: KubeObject = {
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "q", namespace: "shop", uid: "Q" },
  spec: { hard: { pods: "5", "requests.cpu": "1000m" } },
};
const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "shop", uid: "P" },
  spec: { containers: [{ name: "c", resources: { requests: { cpu: "100m" } } }] },
};

test("a quota tells what it allows and what is taken, and says it once", () => {
  const view = viewOf();
  view.store.putSpec(resourceQuotaResource, quota);
  view.store.putSpec(podResource, pod);
  const [action] = lookAtResourceQuota(quota, view).actions;
  const [effect] = action?.effects ?? [];
  assert(effect?.kind === "putStatus");
  assert.deepEqual(effect.object.status, {
    hard: { pods: "5", "requests.cpu": "1" },
    used: { pods: "1", "requests.cpu": "100m" },
  });
  assert.deepEqual(lookAtResourceQuota(effect.object, view).actions, []);
});

test("a quota that is being deleted tells nothing", () => {
  const ending = { ...quota, metadata: { ...quota.metadata, deletionTimestamp: "now" } };
  assert.deepEqual(lookAtResourceQuota(ending, viewOf()).actions, []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { deploymentResource, namespaceResource, podResource, replicaSetResource } from "./kinds.ts";
import { Village } from "./village.ts";

const labels = { app: "web" };
const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", uid: "D", generation: 1 },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [] } },
  },
};

function namespace(more: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", uid: "N", ...more } };
}

test("a namespace that is deleted ends with all that is in it, and nothing is made anew", () => {
  const village = new Village({ machines: 3 });
  village.apply(namespace());
  village.apply(deployment);
  village.pass(4000);
  assert.equal(village.running().length, 2);
  village.apply(namespace({ deletionTimestamp: "now" }));
  village.pass(50);
  assert.match(JSON.stringify(village.list(namespaceResource)), /"phase":"Terminating"/u);
  village.pass(5000);
  for (const resource of [podResource, deploymentResource, replicaSetResource, namespaceResource]) {
    assert.deepEqual(village.list(resource), [], resource.name);
  }
  assert.deepEqual(village.running(), []);
});

const finalizers = ["example.com/wait"];
const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "held", namespace: "shop", uid: "P", finalizers },
  spec: { containers: [] },
};

test("its pods go first, and it says what it waits for", () => {
  const village = new Village({ machines: 1, isFull: true });
  for (const object of [namespace(), pod, deployment]) village.apply(object);
  village.apply(namespace({ deletionTimestamp: "now" }));
  village.pass(3000);
  const told = JSON.stringify(village.list(namespaceResource)[0]?.status);
  assert.match(told, /"Some resources are remaining: .*pods\. has \d+ resource instances/u);
  assert.match(told, /finalizers remaining: example\.com\/wait in 1 resource instances/u);
  const kept = village.list(deploymentResource)[0];
  assert.equal(kept?.metadata.deletionTimestamp, undefined);
  const { finalizers: _, ...free } = pod.metadata;
  village.apply({ ...pod, metadata: { ...free, deletionTimestamp: "now" } });
  village.pass(5000);
  for (const resource of [podResource, deploymentResource, namespaceResource]) {
    assert.deepEqual(village.list(resource), [], resource.name);
  }
});

test("it stays while somebody else holds it by a finalizer", () => {
  const village = new Village({ machines: 3 });
  const ending = namespace({ deletionTimestamp: "now" });
  village.apply({ ...ending, spec: { finalizers: ["kubernetes", ...finalizers] } });
  village.pass(3000);
  assert.deepEqual(village.list(namespaceResource)[0]?.spec, { finalizers });
  village.apply({ ...ending, spec: { finalizers: [] } });
  village.pass(3000);
  assert.deepEqual(village.list(namespaceResource), []);
});

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

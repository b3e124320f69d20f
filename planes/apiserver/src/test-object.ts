/** Objects for tests, as manifests write them. */
import type { JsonObject } from "@beemesh/wire";

export function podManifest(name: string, spec: JsonObject = {}): JsonObject {
  const containers = [{ name: "main", image: "busybox" }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: { containers, ...spec },
  };
}

export function configMapManifest(name: string, data: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

export function deploymentManifest(name: string, replicas = 1): JsonObject {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name, image: "nginx" }] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template },
  };
}

export function nodeManifest(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Node", metadata: { name } };
}

/** Where the objects of these manifests live, without their names. */
export const paths = {
  pods: "/api/v1/namespaces/default/pods",
  configMaps: "/api/v1/namespaces/default/configmaps",
  deployments: "/apis/apps/v1/namespaces/default/deployments",
  replicaSets: "/apis/apps/v1/namespaces/default/replicasets",
  jobs: "/apis/batch/v1/namespaces/default/jobs",
  nodes: "/api/v1/nodes",
  namespaces: "/api/v1/namespaces",
} as const;

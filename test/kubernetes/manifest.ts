/** Manifests that many tests begin with. */
import type { Json, JsonObject } from "../../core/wire/src/index.ts";
import { apiVersionOf, type ResourceName } from "./resource.ts";

/** A pod's specification that no machine takes: its object is there, and no container ever. */
export const unbound: JsonObject = {
  nodeSelector: { "kubernetes.io/hostname": "nowhere" },
  terminationGracePeriodSeconds: 0,
  containers: [{ name: "main", image: "localhost/none:1" }],
};

/** An object by its resource, kind and name. */
export function objectOf(
  resource: ResourceName,
  kind: string,
  name: string,
  rest: JsonObject = {},
): JsonObject {
  const { metadata, ...more } = rest;
  const meta = { name, ...Object(metadata) };
  return { apiVersion: apiVersionOf(resource), kind, metadata: meta, ...more };
}

export function configMap(name: string, data: JsonObject, rest: JsonObject = {}): JsonObject {
  return objectOf("configmaps", "ConfigMap", name, { ...rest, data });
}

export function secret(name: string, stringData: JsonObject, rest: JsonObject = {}): JsonObject {
  return objectOf("secrets", "Secret", name, { ...rest, stringData });
}

export function pod(name: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return objectOf("pods", "Pod", name, { metadata, spec });
}

/** What runs pods of one label, `app`: so many of them. */
export function workload(
  resource:
    | "deployments"
    | "replicasets"
    | "statefulsets"
    | "daemonsets"
    | "replicationcontrollers",
  name: string,
  rest: { readonly replicas?: number; readonly spec?: JsonObject; readonly pod?: JsonObject } = {},
): JsonObject {
  const { replicas, spec = {}, pod: podSpec = unbound } = rest;
  const labels = { app: name };
  const isOld = resource === "replicationcontrollers";
  const selector: Json = isOld ? labels : { matchLabels: labels };
  return objectOf(resource, kinds[resource], name, {
    metadata: { labels },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector,
      template: { metadata: { labels }, spec: podSpec },
      ...(resource === "statefulsets" ? { serviceName: name } : {}),
      ...spec,
    },
  });
}

const kinds = {
  deployments: "Deployment",
  replicasets: "ReplicaSet",
  statefulsets: "StatefulSet",
  daemonsets: "DaemonSet",
  replicationcontrollers: "ReplicationController",
} as const;

/** An object with a label more. */
export function labelled(object: JsonObject, labels: JsonObject): JsonObject {
  const metadata = Object(object["metadata"]);
  return {
    ...object,
    metadata: { ...metadata, labels: { ...Object(metadata.labels), ...labels } },
  };
}

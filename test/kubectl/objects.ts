/** Objects that cases make. */
import type { JsonObject } from "../../core/wire/src/index.ts";
import { image } from "./scene.ts";

export function configMap(name: string, data: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata }, data };
}

/** A container that waits, and ends as soon as it is asked to. */
export const waiting: JsonObject = {
  name: "main",
  image,
  imagePullPolicy: "Never",
  command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"],
};

/** A pod's specification around containers. */
export function podSpec(container: JsonObject = {}): JsonObject {
  return { terminationGracePeriodSeconds: 1, containers: [{ ...waiting, ...container }] };
}

export function pod(name: string, container: JsonObject = {}): JsonObject {
  const metadata = { name, labels: { app: name } };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: podSpec(container) };
}

/** A Deployment of waiting pods; of none unless said. */
export function deployment(
  name: string,
  spec: JsonObject = {},
  container: JsonObject = {},
): JsonObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(container) },
      ...spec,
    },
  };
}

/** A ready pod, as a machine sees it. */
export const ready = {
  status: { phase: "Running", containerStatuses: [{ ready: true }] },
} as const;

/** A PodDisruptionBudget of pods that nobody has. */
export function budget(name: string): JsonObject {
  const selector = { matchLabels: { app: `nobody-${name}` } };
  const metadata = { name };
  const spec = { minAvailable: 1, selector };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec };
}

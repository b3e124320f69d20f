/** Objects for tests: pods by what their containers ask for, quotas, LimitRanges. */
import type { KubeObject } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";

/** A pod with one container for each of `resources`. */
export function podWith(resources: readonly JsonObject[], spec: JsonObject = {}): KubeObject {
  const containers = resources.map((each, index) => ({ name: `c${index}`, resources: each }));
  return objectOf("v1", "Pod", "web", { containers, ...spec });
}

export function rangeOf(...limits: readonly JsonObject[]): KubeObject {
  return objectOf("v1", "LimitRange", "limits", { limits });
}

export function quotaOf(hard: JsonObject, spec: JsonObject = {}): KubeObject {
  return objectOf("v1", "ResourceQuota", "q", { hard, ...spec });
}

export function objectOf(
  apiVersion: string,
  kind: string,
  name: string,
  spec: JsonObject,
): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: "shop", uid: `uid of ${name}` }, spec };
}

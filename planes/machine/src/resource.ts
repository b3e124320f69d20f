import { assert } from "@beemesh/base";
import { findResource, type Resource } from "@beemesh/model";

/** A resource that the model must have. */
export function resourceNamed(group: string, name: string): Resource {
  const resource = findResource(group, name);
  assert(resource !== undefined, `${name} is a resource of the model`);
  return resource;
}

/** Kinds that a pod may be derived from, or may differ from that by. */
export const ownerKinds: ReadonlySet<string> = new Set([
  "replicasets",
  "replicationcontrollers",
  "deployments",
  "statefulsets",
  "daemonsets",
  "controllerrevisions",
  "jobs",
  "mutatingwebhookconfigurations",
]);

/** Kinds that the settings of a pod are read from. */
export const settingKinds: ReadonlySet<string> = new Set([
  "configmaps",
  "runtimeclasses",
  "secrets",
  "serviceaccounts",
]);

/** A kind that settings of pods are read from, by its plural. */
export function settingNamed(name: string): Resource {
  return resourceNamed(name === "runtimeclasses" ? "node.k8s.io" : "", name);
}

/** How people name an object: `<namespace>/<name>`. */
export function fullNameOf({ namespace = "", name }: { namespace?: string; name: string }): string {
  return `${namespace}/${name}`;
}

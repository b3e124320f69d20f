/**
 * Rules for ResourceQuotas: what can be counted, and which scopes go with what.
 *
 * Source: k8s.io/kubernetes, pkg/apis/core/validation (ValidateResourceQuotaSpec).
 */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, invalid } from "./cause.ts";
import { entriesAt, listAt } from "./members.ts";
import { parseQuantity } from "./quantity.ts";

/** What pods take as long as they have not ended. */
const computeNames: ReadonlySet<string> = new Set(
  ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);

/** What is counted in whole numbers. */
const countedNames: ReadonlySet<string> = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
  "services.loadbalancers",
  "services.nodeports",
]);

const storageNames: ReadonlySet<string> = new Set([
  "ephemeral-storage",
  "limits.ephemeral-storage",
  "requests.ephemeral-storage",
  "requests.storage",
]);

/** Which names a scope goes with. */
const scopeNames: Readonly<Record<string, (name: string) => boolean>> = {
  BestEffort: (name) => name === "pods",
  NotBestEffort: ofPods,
  Terminating: ofPods,
  NotTerminating: ofPods,
  PriorityClass: ofPods,
  CrossNamespacePodAffinity: ofPods,
  VolumeAttributesClass: (name) => name === "persistentvolumeclaims" || name === "requests.storage",
};

const contradictions = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

function ofPods(name: string): boolean {
  return name === "pods" || computeNames.has(name);
}

/** What is wrong with what a quota counts, and where. */
export function quotaCauses(spec: JsonObject, path: string): readonly Cause[] {
  return [
    ...entriesAt(spec, "hard").flatMap(([name, value]) => nameCauses(name, value, path)),
    ...scopeCauses(spec, path),
  ];
}

function nameCauses(name: string, value: unknown, path: string): readonly Cause[] {
  const field = `${path}.hard[${name}]`;
  if (!name.includes("/") && !isStandard(name)) {
    return [invalid(field, name, "must be a standard resource for quotas")];
  }
  const quantity = parseQuantity(value);
  const isWhole = quantity === undefined || quantity.nano % 1_000_000_000n === 0n;
  if (!countedNames.has(name) || isWhole) return [];
  return [invalid(field, value, "must be an integer")];
}

function isStandard(name: string): boolean {
  const isKnown = computeNames.has(name) || countedNames.has(name) || storageNames.has(name);
  return isKnown || /^(?:requests\.)?hugepages-/u.test(name);
}

function scopeCauses(spec: JsonObject, path: string): readonly Cause[] {
  const scopes = listAt(spec, "scopes").filter((each) => typeof each === "string");
  const field = `${path}.scopes`;
  const names = entriesAt(spec, "hard").map(([name]) => name);
  const unfit = scopes.flatMap((scope) => {
    const fits = scopeNames[scope];
    if (fits === undefined) return [invalid(field, scopes, "unsupported scope")];
    const strange = names.filter((name) => isStandard(name) && !fits(name));
    return strange.map(() => invalid(field, scopes, "unsupported scope applied to resource"));
  });
  const conflicts = contradictions
    .filter((pair) => pair.every((scope) => scopes.includes(scope)))
    .map(() => invalid(field, scopes, "conflicting scopes"));
  return [...unfit, ...conflicts];
}

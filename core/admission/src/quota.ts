/**
 * Whether a write fits into the quotas of its namespace, in kube-apiserver's words.
 *
 * Source: k8s.io/apiserver, admission/plugin/resourcequota/controller.go.
 */
import type { KubeObject } from "@beemesh/model";
import { isInScopes } from "./quota-scope.ts";
import { type Counted, matchingNames, missingText, usageOf } from "./quota-usage.ts";
import {
  beyond,
  nonZero,
  only,
  type ResourceList,
  resourcesAt,
  resourcesText,
  sum,
} from "./resource-list.ts";

/** A quota, and what its namespace has taken of it. */
export interface Balance {
  readonly quota: KubeObject;
  readonly used: ResourceList;
}

/** A write that takes something. */
export interface Charge {
  readonly resource: Counted;
  readonly object: KubeObject;
  /** What it takes the place of, and what is given back with that. */
  readonly before?: KubeObject | undefined;
}

/** What a quota allows at most. */
export function hardOf(quota: KubeObject): ResourceList {
  return resourcesAt(quota, "spec", "hard");
}

/** Whether a quota counts anything of objects of a kind. */
export function countsKind(quota: KubeObject, resource: Counted): boolean {
  return matchingNames(resource, hardOf(quota).keys()).length > 0;
}

/** What an object takes of one quota: nothing of names that it does not have. */
export function shareOf(quota: KubeObject, resource: Counted, object: KubeObject): ResourceList {
  const names = matchingNames(resource, hardOf(quota).keys());
  if (names.length === 0 || !isInScopes(quota, object)) return new Map();
  return only(usageOf(resource, object), names);
}

/** Why a write does not fit into the quotas; empty if it does. */
export function quotaFault(balances: readonly Balance[], charge: Charge): string {
  const { resource, object } = charge;
  for (const { quota } of balances) {
    const names = matchingNames(resource, hardOf(quota).keys());
    if (resource.name !== "pods" || resource.group !== "" || names.length === 0) continue;
    const missing = isInScopes(quota, object) ? missingText(object, names) : "";
    if (missing !== "") return `failed quota: ${quota.metadata.name}: must specify ${missing}`;
  }
  return balances.map((balance) => excessOf(balance, charge)).find((fault) => fault !== "") ?? "";
}

function excessOf({ quota, used }: Balance, { resource, object, before }: Charge): string {
  const had = before === undefined ? new Map() : shareOf(quota, resource, before);
  const requested = nonZero(beyond(shareOf(quota, resource, object), had));
  const hard = hardOf(quota);
  const then = sum(used, requested);
  const exceeded = [...requested.keys()].filter(
    (name) => (then.get(name)?.nano ?? 0n) > (hard.get(name)?.nano ?? 0n),
  );
  if (exceeded.length === 0) return "";
  const [asked, taken, limit] = [requested, used, hard].map((list) =>
    resourcesText(only(list, exceeded)),
  );
  const excess = `requested: ${asked}, used: ${taken}, limited: ${limit}`;
  return `exceeded quota: ${quota.metadata.name}, ${excess}`;
}

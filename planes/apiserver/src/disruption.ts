/**
 * Whether a pod may be evicted: what PodDisruptionBudgets say about it, reckoned from the pods that
 * this machine's store knows when it is asked.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/ and
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
import { findResource, type KubeObject, matches, selectorOf } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "./field.ts";
import { type Status, severalBudgets, wouldDisrupt } from "./status.ts";

/** Owners above a pod: a Deployment, its ReplicaSet, and room for what others define. */
const ownersMax = 8;

/** Where things stand with a budget. All are counts of pods. */
export interface Disruption {
  readonly expected: number;
  readonly healthy: number;
  readonly desired: number;
  readonly allowed: number;
}

/** Why the budgets of its namespace keep `pod` where it is; undefined if they let it go. */
export function budgetRefusal(store: ObjectStore, pod: KubeObject): Status | undefined {
  if (costsNothing(pod)) return undefined;
  const [budget, ...others] = budgetsOf(store, pod);
  if (budget === undefined) return undefined;
  if (others.length > 0) return severalBudgets();
  const state = disruptionOf(store, budget);
  if (!isReady(pod)) {
    const isAlwaysAllowed = textAt(budget, "spec", "unhealthyPodEvictionPolicy") === "AlwaysAllow";
    const isKept = state.desired > 0 && state.healthy >= state.desired;
    if (isAlwaysAllowed || isKept) return undefined;
  }
  if (state.allowed > 0) return undefined;
  return wouldDisrupt(budget.metadata.name, state.desired, state.healthy);
}

/** What a budget allows now. Percentages are rounded up, of the replicas that owners ask for. */
export function disruptionOf(store: ObjectStore, budget: KubeObject): Disruption {
  const pods = coveredBy(store, budget);
  const healthy = pods.filter((pod) => isReady(pod) && !isGoing(pod)).length;
  const minimum = fieldAt(budget, "spec", "minAvailable");
  const isCount = typeof minimum === "number";
  const expected = isCount ? pods.length : expectedOf(store, pods);
  const most = fieldAt(budget, "spec", "maxUnavailable");
  const desired =
    most === undefined ? scaled(minimum ?? 1, expected) : expected - scaled(most, expected);
  const atLeast = Math.max(0, desired);
  const allowed = expected > 0 ? Math.max(0, healthy - atLeast) : 0;
  return { expected, healthy, desired: atLeast, allowed };
}

/** A pod that has ended, has not started or goes anyway takes nothing from a budget. */
function costsNothing(pod: KubeObject): boolean {
  const phase = textAt(pod, "status", "phase") || "Pending";
  return isGoing(pod) || phase === "Pending" || phase === "Succeeded" || phase === "Failed";
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isReady(pod: KubeObject): boolean {
  return listAt(pod, "status", "conditions").some(
    (each) => textAt(each, "type") === "Ready" && textAt(each, "status") === "True",
  );
}

function budgetsOf(store: ObjectStore, pod: KubeObject): readonly KubeObject[] {
  const budgets = findResource("policy", "poddisruptionbudgets");
  if (budgets === undefined) return [];
  const { items } = store.list(budgets, pod.metadata.namespace ?? "");
  return items.filter((budget) => covers(budget, pod));
}

function coveredBy(store: ObjectStore, budget: KubeObject): readonly KubeObject[] {
  const pods = findResource("", "pods");
  if (pods === undefined) return [];
  const { items } = store.list(pods, budget.metadata.namespace ?? "");
  return items.filter((pod) => {
    const phase = textAt(pod, "status", "phase");
    return phase !== "Succeeded" && phase !== "Failed" && covers(budget, pod);
  });
}

/** An empty selector covers every pod of the namespace, one that is not there covers none. */
function covers(budget: KubeObject, pod: KubeObject): boolean {
  const selector = fieldAt(budget, "spec", "selector");
  if (!isJsonObject(selector)) return false;
  return matches(selectorOf(selector), pod.metadata.labels);
}

/** Replicas that the owners of these pods ask for; a pod that nobody controls counts for none. */
function expectedOf(store: ObjectStore, pods: readonly KubeObject[]): number {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const owner = scalerOf(store, pod);
    if (owner !== undefined) scales.set(owner.uid, owner.replicas);
  }
  return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
}

interface Scaler {
  readonly uid: string;
  readonly replicas: number;
}

/** The topmost controller of a pod that has a number of replicas. */
function scalerOf(store: ObjectStore, pod: KubeObject): Scaler | undefined {
  let at = pod;
  let found: Scaler | undefined;
  for (let steps = 0; steps < ownersMax; steps += 1) {
    const reference = at.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (reference === undefined) break;
    const resource = store.resources.ofKind(reference.apiVersion, reference.kind);
    const namespace = pod.metadata.namespace ?? "";
    const owner = resource && store.get(resource, namespace, reference.name);
    if (owner === undefined || owner.metadata.uid !== reference.uid) break;
    const replicas = fieldAt(owner, "spec", "replicas");
    if (typeof replicas === "number") found = { uid: reference.uid, replicas };
    at = owner;
  }
  return found;
}

/** A count, or a percentage of `whole` rounded up. */
function scaled(value: unknown, whole: number): number {
  if (typeof value === "number") return value;
  const percent = typeof value === "string" ? Number.parseInt(value, 10) : Number.NaN;
  return Number.isNaN(percent) ? whole : Math.ceil((percent * whole) / 100);
}

/**
 * What PodDisruptionBudgets allow: reckoned from the pods that are known when it is asked, for the
 * eviction of a pod, for the status of a budget, and for who must make room.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/ and
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
import { isJsonObject } from "@beemesh/wire";
import { matches, selectorOf } from "./label-selector.ts";
import { entriesAt, numberAt, objectsAt, textAt, valueAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import { findResource, type Resource, resourceOfKind } from "./resource.ts";
import { parseTime } from "./time-text.ts";

/** Owners above a pod: a Deployment, its ReplicaSet, and room for what others define. */
const ownersMax = 8;

/** A pod that should have gone counts again after this, as in Kubernetes. */
const disruptedMsMax = 120_000;

/** Where objects are looked up. */
export interface Records {
  get(resource: Resource, namespace: string, name: string): KubeObject | undefined;
  list(resource: Resource, namespace?: string): { readonly items: readonly KubeObject[] };
}

/** What is known when it is asked. */
export interface DisruptionScene {
  readonly records: Records;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Whether the machine of this name answers: what is on one that does not is not healthy. */
  readonly isAlive: (machine: string) => boolean;
}

/** Where things stand with a budget. All are counts of pods. */
export interface Disruption {
  readonly expected: number;
  readonly healthy: number;
  readonly desired: number;
  readonly allowed: number;
  /** Pods that somebody has said will go and that have not gone yet, and when that was said. */
  readonly disrupted: Readonly<Record<string, string>>;
  /** When the first of these counts again; Infinity without one. */
  readonly againInMs: number;
}

/** What a budget allows now. Percentages are rounded up, of the replicas that owners ask for. */
export function disruptionOf(budget: KubeObject, scene: DisruptionScene): Disruption {
  const { records, wallMs, isAlive } = scene;
  const pods = coveredBy(records, budget);
  const { disrupted, againInMs } = disruptedOf(budget, pods, wallMs);
  const healthy = pods
    .filter((pod) => isReady(pod) && isOnLiving(pod, isAlive))
    .filter((pod) => !isGoing(pod) && !Object.hasOwn(disrupted, pod.metadata.name)).length;
  const minimum = valueAt(budget, ["spec", "minAvailable"]);
  const isCount = typeof minimum === "number";
  const expected = isCount ? pods.length : expectedOf(records, pods);
  const most = valueAt(budget, ["spec", "maxUnavailable"]);
  const desired =
    most === undefined ? scaled(minimum ?? 1, expected) : expected - scaled(most, expected);
  const atLeast = Math.max(0, desired);
  const allowed = expected > 0 ? Math.max(0, healthy - atLeast) : 0;
  return { expected, healthy, desired: atLeast, allowed, disrupted, againInMs };
}

/** The budgets of its namespace that select a pod. */
export function budgetsOf(records: Records, pod: KubeObject): readonly KubeObject[] {
  const budgets = findResource("policy", "poddisruptionbudgets");
  if (budgets === undefined) return [];
  const { items } = records.list(budgets, pod.metadata.namespace ?? "");
  return items.filter((budget) => covers(budget, pod));
}

/** An empty selector covers every pod of the namespace, one that is not there covers none. */
function covers(budget: KubeObject, pod: KubeObject): boolean {
  const selector = valueAt(budget, ["spec", "selector"]);
  if (!isJsonObject(selector)) return false;
  return matches(selectorOf(selector), pod.metadata.labels);
}

function coveredBy(records: Records, budget: KubeObject): readonly KubeObject[] {
  const pods = findResource("", "pods");
  if (pods === undefined) return [];
  const { items } = records.list(pods, budget.metadata.namespace ?? "");
  return items.filter((pod) => {
    const phase = textAt(pod, "status", "phase");
    return phase !== "Succeeded" && phase !== "Failed" && covers(budget, pod);
  });
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isOnLiving(pod: KubeObject, isAlive: DisruptionScene["isAlive"]): boolean {
  const machine = textAt(pod, "spec", "nodeName");
  return machine === "" || isAlive(machine);
}

function isReady(pod: KubeObject): boolean {
  return objectsAt(pod, "status", "conditions").some(
    (each) => textAt(each, "type") === "Ready" && textAt(each, "status") === "True",
  );
}

/** What the status names as going, of which the pods are still there and the word is fresh. */
function disruptedOf(
  budget: KubeObject,
  pods: readonly KubeObject[],
  wallMs: number,
): Pick<Disruption, "disrupted" | "againInMs"> {
  const here = new Set(pods.filter((pod) => !isGoing(pod)).map(({ metadata }) => metadata.name));
  const disrupted: Record<string, string> = {};
  let againInMs = Infinity;
  for (const [name, time] of entriesAt(budget, "status", "disruptedPods")) {
    const saidMs = typeof time === "string" ? parseTime(time) : undefined;
    const leftMs = saidMs === undefined ? 0 : saidMs + disruptedMsMax - wallMs;
    if (typeof time !== "string" || !here.has(name) || leftMs <= 0) continue;
    disrupted[name] = time;
    againInMs = Math.min(againInMs, leftMs);
  }
  return { disrupted, againInMs };
}

/** Replicas that the owners of these pods ask for; a pod that nobody controls counts for none. */
function expectedOf(records: Records, pods: readonly KubeObject[]): number {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const owner = scalerOf(records, pod);
    if (owner !== undefined) scales.set(owner.uid, owner.replicas);
  }
  return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
}

interface Scaler {
  readonly uid: string;
  readonly replicas: number;
}

/** The topmost controller of a pod that has a number of replicas. */
function scalerOf(records: Records, pod: KubeObject): Scaler | undefined {
  let at = pod;
  let found: Scaler | undefined;
  for (let steps = 0; steps < ownersMax; steps += 1) {
    const reference = at.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (reference === undefined) break;
    const resource = resourceOfKind(reference.apiVersion, reference.kind);
    const namespace = pod.metadata.namespace ?? "";
    const owner = resource && records.get(resource, namespace, reference.name);
    if (owner === undefined || owner.metadata.uid !== reference.uid) break;
    const replicas = numberAt(owner, "spec", "replicas");
    if (replicas !== undefined) found = { uid: reference.uid, replicas };
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

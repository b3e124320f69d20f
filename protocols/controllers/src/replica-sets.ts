import type { Now } from "@beemesh/base";
import {
  type Condition,
  derivePod,
  isPod,
  isReplicaSet,
  isReplicationController,
  type KubeObject,
  matches,
  objectsAt,
  type Pod,
  type ReplicaSet,
  type Resource,
  selectorOf,
  slotName,
  slotOf,
  textAt,
  workloadName,
} from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { asClone, causeOf, cloneWaitMs, made } from "./clones.ts";
import type { CloneCause, ControllersEffect } from "./effect.ts";
import { podResource, replicaSetResource, replicationControllerResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { countPods, isLost } from "./pod-facts.ts";
import { refusing } from "./pod-gate.ts";
import { timestampOf } from "./timestamp.ts";
import {
  adopting,
  controlledBy,
  controllerOf,
  deleting,
  type Findings,
  fine,
  isEnding,
  isNamespaceEnding,
  type Look,
  putting,
  puttingCounts,
  releasing,
  type View,
  withEvent,
} from "./view.ts";
import { byWorth } from "./worth.ts";

/** Pods made or removed in one look; the rest follows in the next. */
const burstMax = 500;

/**
 * Keeps as many pods as a ReplicaSet wants, in slots with computed names. A lost slot is taken by
 * a clone of the same name. A slot whose pod is ending cannot be: its name is free only when the
 * machine has written the tombstone, so the next free slot is taken instead.
 */
export const lookAtReplicaSet: Look = (object, view) => {
  return isReplicaSet(object) && !isEnding(object) ? keep(object, replicaSetResource, view) : fine;
};

/** Keeps the pods of a ReplicationController: it is a ReplicaSet with a plain selector. */
export const lookAtReplicationController: Look = (object, view) => {
  if (!isReplicationController(object) || isEnding(object)) return fine;
  const { selector = {}, ...spec } = object.spec;
  // Its pods name it, by its own kind, as their owner.
  const set = { ...object, spec: { ...spec, selector: { matchLabels: selector } } };
  return keep(set, replicationControllerResource, view);
};

function keep(object: PodSet, resource: Resource, view: View): Findings {
  const { owned, adoptable } = podsOf(object, view);
  const selector = selectorOf(object.spec.selector);
  const isMember = (pod: Pod): boolean => matches(selector, pod.metadata.labels);
  const released = owned.filter((pod) => !isMember(pod));
  const living = [...owned.filter(isMember), ...adoptable].filter((pod) => !isEnding(pod));
  const wanted = Math.max(0, object.spec.replicas ?? 1);
  const ranked = living.length > wanted ? byWorth(living, view) : living;
  const kept = ranked.slice(0, wanted);
  const { actions: clones, againInMs } = clonesFor(object, kept, view);
  const fresh = creations(object, wanted - living.length, view);
  const status = statusOf(object, living, { resource, view, failure: fresh.failure });
  return soonest(
    [
      ...released.map((pod) => releasing(object, podResource, pod)),
      ...adoptable.map((pod) => adopting(object, podResource, pod)),
      ...ranked.slice(wanted, wanted + burstMax).flatMap((pod) => remove(object, pod, view)),
      ...clones,
      ...fresh.actions,
      ...status.actions,
    ],
    Math.min(againInMs, status.againInMs ?? Infinity),
  );
}

/** A ReplicaSet, or what is looked at as one. */
interface PodSet extends KubeObject {
  readonly spec: ReplicaSet["spec"];
}

function soonest(actions: readonly Action[], againInMs: number): Findings {
  return againInMs === Infinity ? { actions } : { actions, againInMs };
}

function podsOf(
  set: PodSet,
  { census }: View,
): { readonly owned: readonly Pod[]; readonly adoptable: readonly Pod[] } {
  const { uid = "", namespace = "" } = set.metadata;
  const owned = controlledBy(uid, census).filter(isPod);
  const selector = selectorOf(set.spec.selector);
  const adoptable = census
    .barePods(namespace)
    .filter((pod) => !isEnding(pod) && matches(selector, pod.metadata.labels));
  return { owned, adoptable };
}

function remove(set: PodSet, pod: Pod, { now }: View): Action[] {
  const action = deleting(podResource, pod, now);
  if (action === undefined) return [];
  const message = `Deleted pod: ${pod.metadata.name}`;
  return [withEvent(action, set, "SuccessfulDelete", message)];
}

interface Creations {
  readonly actions: readonly Action[];
  /** Why there are fewer than are wanted; empty if there are not, undefined if others may know. */
  readonly failure: string | undefined;
}

function creations(set: PodSet, count: number, view: View): Creations {
  if (count <= 0 || isNamespaceEnding(set, view)) return { actions: [], failure: "" };
  const { namespace = "" } = set.metadata;
  const actions: Action[] = [];
  const wanted = Math.min(count, burstMax);
  let slots = 0;
  let failure: string | undefined = "";
  for (let index = 0; slots < wanted && index < slotsMax; index += 1) {
    const name = slotName(set, index);
    if (view.store.get(podResource, namespace, name) !== undefined) continue;
    if (view.gate.isFull(set)) return { actions, failure: undefined };
    slots += 1;
    const entry = view.gate.awaited(set, name) ?? view.gate.admit(podOf(set, index, view));
    if (!entry.ok) {
      actions.push(...refusing(set, entry));
      // What stands against one pod stands against the others as well.
      if (entry.message !== "") return { actions, failure: entry.message };
      // Another keeper may have asked, and know more.
      failure = undefined;
      continue;
    }
    const action = putting(`create ${name}`, podResource, entry.pod);
    actions.push(withEvent(action, set, "SuccessfulCreate", `Created pod: ${name}`));
  }
  return { actions, failure };
}

/** No ReplicaSet has as many pods, ending ones included. */
const slotsMax = 100_000;

function podOf(set: PodSet, index: number, { now, newUid }: View): Pod {
  return made(derivePod(set, index, newUid(`${set.metadata.uid}/${index}`)), now);
}

function clonesFor(
  set: PodSet,
  kept: readonly Pod[],
  view: View,
): { readonly actions: readonly Action[]; readonly againInMs: number } {
  if (isNamespaceEnding(set, view)) return { actions: [], againInMs: Infinity };
  const waits = kept
    .filter((pod) => isLost(pod, view.members))
    .map((pod) => ({ pod, waitMs: cloneWaitMs(pod, view) }));
  return {
    actions: waits
      .filter(({ waitMs }) => waitMs === 0)
      .flatMap(({ pod }) => {
        if (view.gate.isFull(set)) return [];
        const clone = cloneOf(set, pod, causeOf(pod, view), view);
        if (clone === undefined) return remove(set, pod, view);
        const entry = view.gate.admit(clone);
        return entry.ok ? [cloning(set, pod, entry.pod)] : refusing(set, entry);
      }),
    againInMs: Math.min(Infinity, ...waits.map(({ waitMs }) => waitMs).filter((ms) => ms > 0)),
  };
}

/**
 * What replaces a pod that a sidecar missed, wherever its keepers are: the record of its clone, and
 * the offer of it to all machines. Nothing if the slot is not wanted any more, or is cared for.
 */
export function replace(lost: Pod, view: View): readonly ControllersEffect[] {
  const set = setOf(lost, view);
  if (set === undefined || isEnding(set) || isNamespaceEnding(set, view)) return [];
  if (!isWanted(set, lost, view) || cloneWaitMs(lost, view) > 0) return [];
  const clone = cloneOf(set, lost, "sidecar", view);
  // Who has to be asked is asked by the keepers, which find the pod lost as well.
  if (clone === undefined || view.gate.isJudged(lost.metadata.namespace ?? "")) return [];
  const entry = view.gate.admit(clone);
  if (!entry.ok) return [];
  const { pod } = entry;
  const workload = workloadName(pod);
  const offer = { task: "", pods: [pod], workload, reason: "clone", cause: "sidecar" } as const;
  return [...cloning(set, lost, pod).effects, { kind: "schedule", ...offer }];
}

function setOf(pod: Pod, { store }: View): ReplicaSet | undefined {
  const owner = controllerOf(pod);
  if (owner === undefined) return undefined;
  const set = store.get(replicaSetResource, pod.metadata.namespace ?? "", owner.name);
  const isIts = set?.metadata.uid === owner.uid;
  return set !== undefined && isIts && isReplicaSet(set) ? set : undefined;
}

function isWanted(set: PodSet, { metadata }: Pod, view: View): boolean {
  const living = podsOf(set, view).owned.filter((pod) => !isEnding(pod));
  const kept = byWorth(living, view).slice(0, Math.max(0, set.spec.replicas ?? 1));
  // What was replaced or deleted already is not among them.
  return kept.some((pod) => pod.metadata.uid === metadata.uid);
}

/** Undefined for a pod that was adopted and fills no slot: another fills one instead. */
function cloneOf(set: PodSet, lost: Pod, cause: CloneCause, view: View): Pod | undefined {
  const index = slotOf(lost);
  if (index === undefined || slotName(set, index) !== lost.metadata.name) return undefined;
  return asClone(podOf(set, index, view), lost, { cause, now: view.now });
}

function cloning(set: PodSet, { metadata: { name, uid } }: Pod, pod: Pod): Action {
  const message = `Created pod: ${name} (replaces ${uid})`;
  return withEvent(putting(`clone ${uid}`, podResource, pod), set, "SuccessfulCreate", message);
}

interface Sight {
  readonly resource: Resource;
  readonly view: View;
  /** Why pods could not be made; empty if they could, undefined for what was told last. */
  readonly failure: string | undefined;
}

/** The condition of a set that could not make its pods. */
export const failureType = "ReplicaFailure";

function statusOf(
  set: PodSet,
  living: readonly Pod[],
  { resource, view, failure }: Sight,
): Findings {
  const { now, members } = view;
  const { minReadySeconds = 0, template } = set.spec;
  const present = living.filter((pod) => !isLost(pod, members));
  const { ready, available, nextInMs } = countPods(present, minReadySeconds, now.wallMs);
  const labels = Object.entries(template.metadata?.labels ?? {});
  const fullyLabeled = living.filter(({ metadata }) =>
    labels.every(([key, value]) => metadata.labels?.[key] === value),
  );
  const { generation } = set.metadata;
  const status = {
    replicas: living.length,
    ...countsOf({
      fullyLabeledReplicas: fullyLabeled.length,
      readyReplicas: ready,
      availableReplicas: available,
    }),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...failureConditions(set, failure, now),
  };
  const told = canonicalJson(status);
  const actions =
    told === canonicalJson(set.status ?? {})
      ? []
      : [puttingCounts(told, resource, { ...set, status })];
  return soonest(actions, nextInMs);
}

/** That pods could not be made stands in the status for as long as it is so. */
function failureConditions(
  { status }: PodSet,
  failure: string | undefined,
  { wallMs }: Now,
): { readonly conditions?: readonly Condition[] } {
  const last = objectsAt(status, "conditions").find((each) => textAt(each, "type") === failureType);
  const message = failure ?? textAt(last, "message");
  if (message === "") return {};
  const lastTransitionTime = textAt(last, "lastTransitionTime") || timestampOf(wallMs);
  const why = { status: "True", reason: "FailedCreate", message } as const;
  return { conditions: [{ type: failureType, ...why, lastTransitionTime }] };
}

/** Counts as Kubernetes has them: none is left out. */
export function countsOf<Counts extends Record<string, number>>(counts: Counts): Partial<Counts> {
  const told: Partial<Counts> = { ...counts };
  for (const name of Object.keys(counts)) if (counts[name] === 0) delete told[name];
  return told;
}

import {
  derivePod,
  isPod,
  isReplicaSet,
  matches,
  type Pod,
  type ReplicaSet,
  selectorOf,
  slotName,
  slotOf,
} from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { asClone, cloneWaitMs, made } from "./clones.ts";
import { podResource, replicaSetResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { countPods, isLost } from "./pod-facts.ts";
import {
  controllerOf,
  controllerReference,
  deleting,
  type Findings,
  fine,
  isEnding,
  isNamespaceEnding,
  type Look,
  putting,
  puttingCounts,
  type View,
  withEvent,
  withOwners,
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
  if (!isReplicaSet(object) || isEnding(object)) return fine;
  const { owned, adoptable } = podsOf(object, view);
  const selector = selectorOf(object.spec.selector);
  const isMember = (pod: Pod): boolean => matches(selector, pod.metadata.labels);
  const released = owned.filter((pod) => !isMember(pod));
  const living = [...owned.filter(isMember), ...adoptable].filter((pod) => !isEnding(pod));
  const wanted = Math.max(0, object.spec.replicas ?? 1);
  const ranked = living.length > wanted ? byWorth(living, view) : living;
  const kept = ranked.slice(0, wanted);
  const { actions: clones, againInMs } = clonesFor(object, kept, view);
  const status = statusOf(object, living, view);
  return soonest(
    [
      ...released.map((pod) => release(object, pod)),
      ...adoptable.map((pod) => adopt(object, pod)),
      ...ranked.slice(wanted, wanted + burstMax).flatMap((pod) => remove(object, pod, view)),
      ...clones,
      ...creations(object, wanted - living.length, view),
      ...status.actions,
    ],
    Math.min(againInMs, status.againInMs ?? Infinity),
  );
};

function soonest(actions: readonly Action[], againInMs: number): Findings {
  return againInMs === Infinity ? { actions } : { actions, againInMs };
}

function podsOf(
  set: ReplicaSet,
  { census }: View,
): { readonly owned: readonly Pod[]; readonly adoptable: readonly Pod[] } {
  const { uid = "", namespace = "" } = set.metadata;
  const owned = census
    .ownedBy(uid)
    .map(({ object }) => object)
    .filter(isPod)
    .filter((pod) => controllerOf(pod)?.uid === uid);
  const selector = selectorOf(set.spec.selector);
  const adoptable = census
    .barePods(namespace)
    .filter((pod) => !isEnding(pod) && matches(selector, pod.metadata.labels));
  return { owned, adoptable };
}

function adopt(set: ReplicaSet, pod: Pod): Action {
  const owners = [...(pod.metadata.ownerReferences ?? []), controllerReference(set)];
  return putting(`adopt ${pod.metadata.uid}`, podResource, withOwners(pod, owners));
}

function release(set: ReplicaSet, pod: Pod): Action {
  const owners = pod.metadata.ownerReferences?.filter(({ uid }) => uid !== set.metadata.uid) ?? [];
  return putting(`release ${pod.metadata.uid}`, podResource, withOwners(pod, owners));
}

function remove(set: ReplicaSet, pod: Pod, { now }: View): Action[] {
  const action = deleting(podResource, pod, now);
  if (action === undefined) return [];
  const message = `Deleted pod: ${pod.metadata.name}`;
  return [withEvent(action, set, "SuccessfulDelete", message)];
}

function creations(set: ReplicaSet, count: number, view: View): Action[] {
  if (count <= 0 || isNamespaceEnding(set, view)) return [];
  const { namespace = "" } = set.metadata;
  const actions: Action[] = [];
  const wanted = Math.min(count, burstMax);
  for (let index = 0; actions.length < wanted && index < slotsMax; index += 1) {
    const name = slotName(set, index);
    if (view.store.get(podResource, namespace, name) !== undefined) continue;
    actions.push(creation(set, index, view));
  }
  return actions;
}

/** No ReplicaSet has as many pods, ending ones included. */
const slotsMax = 100_000;

function creation(set: ReplicaSet, index: number, view: View): Action {
  const pod = podOf(set, index, view);
  const { name } = pod.metadata;
  const action = putting(`create ${name}`, podResource, pod);
  return withEvent(action, set, "SuccessfulCreate", `Created pod: ${name}`);
}

function podOf(set: ReplicaSet, index: number, { now, newUid }: View): Pod {
  return made(derivePod(set, index, newUid(`${set.metadata.uid}/${index}`)), now);
}

function clonesFor(
  set: ReplicaSet,
  kept: readonly Pod[],
  view: View,
): { readonly actions: readonly Action[]; readonly againInMs: number } {
  if (isNamespaceEnding(set, view)) return { actions: [], againInMs: Infinity };
  const waits = kept
    .filter((pod) => isLost(pod, view.members))
    .map((pod) => ({ pod, waitMs: cloneWaitMs(pod, view) }));
  return {
    actions: waits.filter(({ waitMs }) => waitMs === 0).flatMap(({ pod }) => clone(set, pod, view)),
    againInMs: Math.min(Infinity, ...waits.map(({ waitMs }) => waitMs).filter((ms) => ms > 0)),
  };
}

/** A pod that was adopted fills no slot: it ends, and a slot is filled instead. */
function clone(set: ReplicaSet, lost: Pod, view: View): Action[] {
  const { name, uid: lostUid = "" } = lost.metadata;
  const index = slotOf(lost);
  if (index === undefined || slotName(set, index) !== name) return remove(set, lost, view);
  const pod = podOf(set, index, view);
  const action = putting(`clone ${lostUid}`, podResource, asClone(pod, lost, view));
  const message = `Created pod: ${name} (replaces ${lostUid})`;
  return [withEvent(action, set, "SuccessfulCreate", message)];
}

function statusOf(set: ReplicaSet, living: readonly Pod[], { now, members }: View): Findings {
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
  };
  const told = canonicalJson(status);
  const actions =
    told === canonicalJson(set.status ?? {})
      ? []
      : [puttingCounts(told, replicaSetResource, { ...set, status })];
  return soonest(actions, nextInMs);
}

/** Counts as Kubernetes has them: none is left out. */
export function countsOf<Counts extends Record<string, number>>(counts: Counts): Partial<Counts> {
  const told: Partial<Counts> = { ...counts };
  for (const name of Object.keys(counts)) if (counts[name] === 0) delete told[name];
  return told;
}

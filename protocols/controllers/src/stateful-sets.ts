import {
  deriveStatefulPod,
  isPod,
  isStatefulSet,
  type KubeObject,
  matches,
  type Pod,
  revisionNameOf,
  type StatefulSet,
  selectorOf,
} from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { asClone, causeOf, cloneWaitMs, made } from "./clones.ts";
import { forgetting, type History, historyOf, isOf, ownerAt } from "./history.ts";
import { podResource, statefulSetResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { availableInMs, countPods, isLost } from "./pod-facts.ts";
import { refusing } from "./pod-gate.ts";
import { countsOf } from "./replica-sets.ts";
import { shareOf } from "./rollout.ts";
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
  type View,
  withEvent,
} from "./view.ts";

/** Ordinals looked at of one set; a StatefulSet of more pods is made up to here. */
const ordinalsMax = 10_000;

/** A pod of a StatefulSet and its number. */
interface Member {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

/** A StatefulSet with what there is of it. */
interface Crew {
  readonly set: StatefulSet;
  readonly history: History;
  /** What the pods below the partition are of. */
  readonly current: KubeObject;
  /** One for each ordinal that is wanted, lowest first. */
  readonly members: readonly Member[];
  /** Pods of ordinals that are not wanted, highest first. */
  readonly condemned: readonly Pod[];
  readonly pods: readonly Pod[];
  readonly view: View;
}

/**
 * Keeps the pods of a StatefulSet, each under the name of its ordinal: one after another unless
 * they may come and go in parallel, and from the highest down when they are updated.
 *
 * A name has one pod in a connected mesh. A mesh cannot fence a machine that it does not hear of,
 * so each side of a cut may run one pod of a name; afterwards the one held longer stays.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 */
export const lookAtStatefulSet: Look = (object, view) => {
  if (!isStatefulSet(object) || isEnding(object)) return fine;
  const crew = crewOf(object, view);
  const steps = isNamespaceEnding(object, view) ? [] : stepsOf(crew);
  const { actions, waitMs } = statusOf(crew);
  const used = new Set([
    crew.current.metadata.name,
    ...crew.pods.map((pod) => revisionNameOf(pod, { kind: object.kind, name: "" })),
  ]);
  const retryMs = Math.min(...crew.pods.map((pod) => cloneWaitMs(pod, view) || Infinity));
  const againInMs = Math.min(waitMs, retryMs);
  const all = [
    ...crew.history.actions,
    ...steps,
    ...forgetting(object, crew.history, used),
    ...actions,
  ];
  return againInMs === Infinity ? { actions: all } : { actions: all, againInMs };
};

function crewOf(set: StatefulSet, view: View): Crew {
  const { uid = "", namespace = "", name } = set.metadata;
  const history = historyOf(set, view);
  const { replicas = 1, ordinals } = set.spec;
  const start = ordinals?.start ?? 0;
  const wanted = Math.min(Math.max(0, replicas), ordinalsMax);
  const members = Array.from({ length: wanted }, (_, index) => {
    const pod = view.store.get(podResource, namespace, `${name}-${start + index}`);
    return { ordinal: start + index, pod: pod !== undefined && isPod(pod) ? pod : undefined };
  });
  const pods = controlledBy(uid, view.census).filter(isPod);
  const names = new Set(members.map(({ ordinal }) => `${name}-${ordinal}`));
  const condemned = pods
    .filter(({ metadata }) => !names.has(metadata.name))
    .toSorted((a, b) => ordinalOf(b) - ordinalOf(a));
  const last = set.status?.currentRevision;
  const current = history.known.find(({ metadata }) => metadata.name === last) ?? history.update;
  return { set, history, current, members, condemned, pods, view };
}

function ordinalOf({ metadata }: Pod): number {
  return Number(/\d+$/u.exec(metadata.name)?.[0] ?? 0);
}

function stepsOf(crew: Crew): Action[] {
  const { set, members, condemned } = crew;
  const isOrdered = set.spec.podManagementPolicy !== "Parallel";
  const steps: Action[] = [];
  for (const member of members) {
    steps.push(...fill(crew, member));
    // A pod that will not come up is given its new template even so, or it never would.
    if (isOrdered && !isUp(crew, member)) return [...steps, ...update(crew, 0)];
  }
  if (condemned.length > 0) {
    const next = isOrdered ? condemned.slice(0, 1) : condemned;
    return [...steps, ...next.flatMap((pod) => remove(crew, pod))];
  }
  const { replicas = 1, updateStrategy } = set.spec;
  const share = shareOf(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, replicas);
  const missing = members.filter((member) => !isUp(crew, member)).length;
  return [...steps, ...update(crew, Math.max(1, Math.floor(share)) - missing)];
}

function isUp({ set, view }: Crew, { pod }: Member): boolean {
  if (pod === undefined || isEnding(pod) || isLost(pod, view.members)) return false;
  return availableInMs(pod, set.spec.minReadySeconds ?? 0, view.now.wallMs) === 0;
}

/** Makes the pod that is missing, or takes in one without an owner that has its name. */
function fill(crew: Crew, { ordinal, pod }: Member): Action[] {
  const { set, view } = crew;
  if (pod === undefined) {
    if (view.gate.isFull(set)) return [];
    const fresh = podOf(crew, ordinal);
    const { name } = fresh.metadata;
    const entry = view.gate.admit(fresh);
    if (!entry.ok) return refusal(set, name, entry);
    const message = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
    return [told(putting(`create ${name}`, podResource, entry.pod), set, "Create", message)];
  }
  if (isEnding(pod)) return [];
  const owner = controllerOf(pod);
  if (owner === undefined && matches(selectorOf(set.spec.selector), pod.metadata.labels)) {
    return [adopting(set, podResource, pod)];
  }
  const isIts = owner?.uid === set.metadata.uid;
  if (!isIts || !isLost(pod, view.members) || cloneWaitMs(pod, view) > 0) return [];
  const { name, uid } = pod.metadata;
  const clone = asClone(podOf(crew, ordinal), pod, { cause: causeOf(pod, view), now: view.now });
  const entry = view.gate.admit(clone);
  if (!entry.ok) return refusal(set, name, entry);
  const message = `create Pod ${name} in StatefulSet ${set.metadata.name} (replaces ${uid})`;
  return [told(putting(`clone ${uid}`, podResource, entry.pod), set, "Create", message)];
}

function refusal(
  set: StatefulSet,
  name: string,
  hearing: Parameters<typeof refusing>[1],
): Action[] {
  const what = `create Pod ${name} in StatefulSet ${set.metadata.name}`;
  return refusing(set, hearing, `${what} failed error`);
}

function podOf({ set, history, current, view }: Crew, ordinal: number): Pod {
  const isKept = isRolling(set) && ordinal < partitionOf(set);
  const owner = isKept ? ownerAt(set, current) : ownerAt(set, history.update);
  const uid = view.newUid(`${set.metadata.uid}/${ordinal}`);
  return made(deriveStatefulPod(owner, ordinal, uid), view.now);
}

/** Removes pods of an old template, highest ordinal first; those that are down cost nothing. */
function update(crew: Crew, budget: number): Action[] {
  const { set, members, history } = crew;
  if (!isRolling(set)) return [];
  let left = budget;
  const steps: Action[] = [];
  for (const member of members.toReversed()) {
    const { ordinal, pod } = member;
    if (ordinal < partitionOf(set)) break;
    if (pod === undefined || isEnding(pod) || isOf(pod, set, history.update)) continue;
    if (controllerOf(pod)?.uid !== set.metadata.uid) continue;
    if (isUp(crew, member)) left -= 1;
    if (left < 0) break;
    steps.push(...remove(crew, pod));
  }
  return steps;
}

function isRolling({ spec }: StatefulSet): boolean {
  return spec.updateStrategy?.type !== "OnDelete";
}

/** The lowest ordinal that is updated. */
function partitionOf({ spec }: StatefulSet): number {
  return (spec.ordinals?.start ?? 0) + (spec.updateStrategy?.rollingUpdate?.partition ?? 0);
}

function remove({ set, view }: Crew, pod: Pod): Action[] {
  const action = deleting(podResource, pod, view.now);
  if (action === undefined) return [];
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  return [told(action, set, "Delete", message)];
}

function told(action: Action, set: StatefulSet, verb: string, message: string): Action {
  return withEvent(action, set, `Successful${verb}`, message);
}

function statusOf(crew: Crew): Findings & { readonly waitMs: number } {
  const { set, history, current, pods, view } = crew;
  const { minReadySeconds = 0, replicas = 1 } = set.spec;
  const present = pods.filter((pod) => !isEnding(pod) && !isLost(pod, view.members));
  const { ready, available, nextInMs } = countPods(present, minReadySeconds, view.now.wallMs);
  const updated = present.filter((pod) => isOf(pod, set, history.update)).length;
  const isDone = isRolling(set) && updated === replicas && ready === replicas;
  const settled = isDone ? history.update : current;
  const { generation } = set.metadata;
  const status = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    replicas: pods.length,
    availableReplicas: available,
    collisionCount: 0,
    ...countsOf({
      readyReplicas: ready,
      currentReplicas: present.filter((pod) => isOf(pod, set, settled)).length,
      updatedReplicas: updated,
    }),
    currentRevision: settled.metadata.name,
    updateRevision: history.update.metadata.name,
  };
  const text = canonicalJson(status);
  const isNews = text !== canonicalJson(set.status ?? {});
  const actions = isNews ? [puttingCounts(text, statefulSetResource, { ...set, status })] : [];
  return { actions, waitMs: nextInMs };
}

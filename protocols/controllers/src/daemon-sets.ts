import {
  type DaemonSet,
  deriveDaemonPod,
  isDaemonSet,
  isPod,
  machineNameOf,
  type Pod,
  revisionNameOf,
} from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { asClone, causeOf, cloneWaitMs, made } from "./clones.ts";
import type { ControllersEffect } from "./effect.ts";
import { forgetting, type History, historyOf, isOf, ownerAt } from "./history.ts";
import { daemonSetResource, nodeResource, podResource } from "./kinds.ts";
import { type NodeFit, nodeFit } from "./node-fit.ts";
import type { Action } from "./patience.ts";
import { availableInMs, isLost, isOver, isReady } from "./pod-facts.ts";
import { refusing } from "./pod-gate.ts";
import { countsOf } from "./replica-sets.ts";
import { shareOf } from "./rollout.ts";
import {
  controlledBy,
  deleting,
  type Findings,
  fine,
  isEnding,
  isNamespaceEnding,
  type Look,
  putting,
  puttingCounts,
  refOf,
  type View,
  withEvent,
} from "./view.ts";

/** One machine that is alive, with the pods that it has of a DaemonSet. */
interface Post {
  readonly machine: string;
  readonly fit: NodeFit;
  /** Of the present template. */
  readonly fresh: Pod | undefined;
  /** Of earlier ones. */
  readonly old: readonly Pod[];
  /** Whether one of them serves. */
  readonly isUp: boolean;
}

interface Watch {
  readonly set: DaemonSet;
  readonly history: History;
  readonly posts: readonly Post[];
  /** Pods for machines of which there is no Node. */
  readonly homeless: readonly Pod[];
  readonly pods: readonly Pod[];
  readonly view: View;
}

/**
 * Keeps one pod of a DaemonSet on each machine that is alive and fits; a machine that comes gets
 * one at once. What is on a machine that is away is left alone: it goes on there, and counts again
 * when the machine is back.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
 */
export const lookAtDaemonSet: Look = (object, view) => {
  if (!isDaemonSet(object) || isEnding(object)) return fine;
  const watch = watchOf(object, view);
  const steps = isNamespaceEnding(object, view) ? [] : stepsOf(watch);
  const { name } = object.metadata;
  const used = new Set(watch.pods.map((pod) => revisionNameOf(pod, { kind: object.kind, name })));
  const actions = [
    ...watch.history.actions,
    ...steps,
    ...forgetting(object, watch.history, used),
    ...statusOf(watch).actions,
  ];
  const { minReadySeconds = 0 } = object.spec;
  const waits = watch.pods.flatMap((pod) => [
    cloneWaitMs(pod, view) || Infinity,
    availableInMs(pod, minReadySeconds, view.now.wallMs) || Infinity,
  ]);
  const againInMs = Math.min(Infinity, ...waits);
  return againInMs === Infinity ? { actions } : { actions, againInMs };
};

function watchOf(set: DaemonSet, view: View): Watch {
  const { uid = "" } = set.metadata;
  const history = historyOf(set, view);
  const pods = controlledBy(uid, view.census).filter(isPod);
  const byMachine = Map.groupBy(pods, machineNameOf);
  const nodes = view.store.list(nodeResource).items;
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  const posts = nodes
    .filter(({ metadata }) => view.members.isAlive(metadata.name))
    .map((node): Post => {
      const machine = node.metadata.name;
      const own = byMachine.get(machine) ?? [];
      const living = own.filter((pod) => !isEnding(pod));
      return {
        machine,
        fit: nodeFit(set, node),
        fresh: living.find((pod) => isOf(pod, set, history.update)),
        old: living.filter((pod) => !isOf(pod, set, history.update)),
        isUp: living.some((pod) => isAvailable(set, pod, view)),
      };
    });
  const homeless = pods.filter((pod) => !names.has(machineNameOf(pod)));
  return { set, history, posts, homeless, pods, view };
}

function isAvailable({ spec }: DaemonSet, pod: Pod, { now, members }: View): boolean {
  if (isLost(pod, members)) return false;
  return availableInMs(pod, spec.minReadySeconds ?? 0, now.wallMs) === 0;
}

function stepsOf(watch: Watch): Action[] {
  const { posts, homeless } = watch;
  const unwanted = posts
    .filter(({ fit }) => fit === "leaves")
    .flatMap(({ fresh, old }) => [...(fresh === undefined ? [] : [fresh]), ...old]);
  return [
    ...[...unwanted, ...homeless].flatMap((pod) => remove(watch, pod)),
    ...posts.filter(({ fit }) => fit !== "leaves").flatMap((post) => man(watch, post)),
    ...update(watch),
  ];
}

/** What one machine needs by itself: a pod, another for a lost one, or one less after an update. */
function man(watch: Watch, { machine, fit, fresh, old }: Post): Action[] {
  const { set, view } = watch;
  if (fresh === undefined && old.length === 0) {
    return fit === "runs" ? create(watch, machine) : [];
  }
  // What has come to an end makes way for one of the present template, also where only that does.
  if (fresh === undefined) {
    const over = old.filter((pod) => isOver(pod) && cloneWaitMs(pod, view) === 0);
    return over.flatMap((pod) => remove(watch, pod));
  }
  if (isAvailable(set, fresh, view)) return old.flatMap((pod) => remove(watch, pod));
  if (!isLost(fresh, view.members) || cloneWaitMs(fresh, view) > 0) return [];
  const { uid } = fresh.metadata;
  const options = { cause: causeOf(fresh, view), now: view.now };
  const entry = view.gate.admit(asClone(podOf(watch, machine), fresh, options));
  if (!entry.ok) return refusing(set, entry);
  const clone = entry.pod;
  const message = `Created pod: ${clone.metadata.name} (replaces ${uid})`;
  const action = putting(`clone ${uid}`, podResource, clone);
  const { effects } = withEvent(action, set, "SuccessfulCreate", message);
  return [{ ...action, effects: [...endOf(set, fresh), ...effects] }];
}

/** That a pod has come to an end is told as in Kubernetes: none of a DaemonSet should. */
function endOf(set: DaemonSet, { metadata, spec, status }: Pod): readonly ControllersEffect[] {
  const { phase, reason: why } = status ?? {};
  if ((phase !== "Failed" && phase !== "Succeeded") || why === "Lost") return [];
  const [type, does] =
    phase === "Failed" ? (["Warning", "kill"] as const) : (["Normal", "delete"] as const);
  const what = `Found ${phase.toLowerCase()} daemon pod ${metadata.namespace}/${metadata.name}`;
  const message = `${what} on node ${spec.nodeName}, will try to ${does} it`;
  return [{ kind: "event", object: refOf(set), type, reason: `${phase}DaemonPod`, message }];
}

function create(watch: Watch, machine: string): Action[] {
  const { set, view } = watch;
  if (view.gate.isFull(set)) return [];
  const pod = podOf(watch, machine);
  const { name, namespace = "" } = pod.metadata;
  // A pod of this name that is ending has it until its machine has ended it.
  if (view.store.get(podResource, namespace, name) !== undefined) return [];
  const entry = view.gate.admit(pod);
  if (!entry.ok) return refusing(set, entry);
  const action = putting(`create ${name}`, podResource, entry.pod);
  return [withEvent(action, set, "SuccessfulCreate", `Created pod: ${name}`)];
}

function podOf({ set, history, view }: Watch, machine: string): Pod {
  const uid = view.newUid(`${set.metadata.uid}/${machine}`);
  return made(deriveDaemonPod(ownerAt(set, history.update), machine, uid), view.now);
}

function remove({ set, view }: Watch, pod: Pod): Action[] {
  const action = deleting(podResource, pod, view.now);
  if (action === undefined) return [];
  return [withEvent(action, set, "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`)];
}

/**
 * Replaces pods of earlier templates: by removing them first as far as pods may be missing, or by
 * a second pod beside each as far as there may be more. One that does not serve costs nothing.
 */
function update(watch: Watch): Action[] {
  const { set, posts } = watch;
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return [];
  const wanted = posts.filter(({ fit }) => fit !== "leaves");
  const { maxUnavailable = 1, maxSurge = 0 } = rollingUpdate ?? {};
  const surge = Math.ceil(shareOf(maxSurge, wanted.length));
  const outdated = wanted.filter(({ fresh, old }) => fresh === undefined && old.length > 0);
  const [up, down] = [true, false].map((isUp) => outdated.filter((post) => post.isUp === isUp));
  if (surge > 0) {
    const open = wanted.filter(({ fresh, old }) => fresh !== undefined && old.length > 0).length;
    const next = (up ?? []).slice(0, Math.max(0, surge - open));
    return [...(down ?? []), ...next].flatMap(({ machine }) => create(watch, machine));
  }
  const missing = wanted.filter(({ isUp }) => !isUp).length;
  const share = Math.ceil(shareOf(maxUnavailable, wanted.length));
  const next = (up ?? []).slice(0, Math.max(0, Math.max(1, share) - missing));
  return [...(down ?? []), ...next].flatMap(({ old }) => old.flatMap((pod) => remove(watch, pod)));
}

function statusOf({ set, posts }: Watch): Findings {
  const manned = ({ fresh, old }: Post): boolean => fresh !== undefined || old.length > 0;
  // A machine that takes no new pods still counts while it has one.
  const wanted = posts.filter(
    (post) => post.fit === "runs" || (post.fit === "stays" && manned(post)),
  );
  const serving = ({ fresh, old }: Post): boolean =>
    [...(fresh === undefined ? [] : [fresh]), ...old].some((pod) => isReady(pod));
  const available = wanted.filter(({ isUp }) => isUp).length;
  const { generation } = set.metadata;
  const status = {
    currentNumberScheduled: wanted.filter(manned).length,
    numberMisscheduled: posts.filter((post) => post.fit === "leaves" && manned(post)).length,
    desiredNumberScheduled: wanted.length,
    numberReady: wanted.filter(serving).length,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...countsOf({
      updatedNumberScheduled: wanted.filter(({ fresh }) => fresh !== undefined).length,
      numberAvailable: available,
      numberUnavailable: wanted.length - available,
    }),
  };
  const text = canonicalJson(status);
  if (text === canonicalJson(set.status ?? {})) return fine;
  return { actions: [puttingCounts(text, daemonSetResource, { ...set, status })] };
}

import {
  disruptedStatus,
  isPod,
  type KubeObject,
  type Pod,
  stayMsOf,
  taintsOf,
  withPodCondition,
  workloadName,
} from "@beemesh/model";
import { causeAnnotation } from "./clones.ts";
import { type CloneCause, type ControllersEffect, cloneCauses } from "./effect.ts";
import { nodeResource, podResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { isReady, isStranded } from "./pod-facts.ts";
import { replacesAnnotation } from "./settlement.ts";
import {
  controllerOf,
  deleting,
  type Findings,
  fine,
  isEnding,
  type Look,
  puttingStatus,
  refOf,
  removing,
  type View,
} from "./view.ts";

/**
 * An auction of a busy keeper may take most of a second; a second auction of the same pods would
 * undo its spread. A keeper that is gone is no keeper any more, so nothing waits for the dead.
 */
const auctionPatienceMs = 1000;

/** A pod that was refused once is its first keeper's, who backs off longer than this. */
const refusedPatienceMs = 35_000;

/** Who makes a clone for a sidecar offers it too; the keepers do if it could not. */
const sidecarSettleMs = 3000;

/**
 * What a pod needs that no machine does for it: a machine, an end when its machine is dead or
 * none, and the truth about it when its machine cannot tell.
 */
export const lookAtPod: Look = (object, view) => {
  if (!isPod(object)) return fine;
  const isHomeless = !object.spec.nodeName;
  if (isHomeless && !isEnding(object)) return offer(object, view);
  view.scheduling.forget(object.metadata.uid ?? "");
  if (!isHomeless && !isStranded(object, view.members)) return taintEviction(object, view);
  if (isEnding(object)) return end(object);
  const isBare = controllerOf(object) === undefined;
  return isBare && isReady(object) ? { actions: [unready(object, view)] } : fine;
};

/** The end of a pod that no machine has; whoever holds it by a finalizer comes first. */
function end(pod: Pod): Findings {
  const { finalizers = [] } = pod.metadata;
  return finalizers.length === 0 ? { actions: [removing(podResource, pod)] } : fine;
}

/**
 * Removes a pod from a machine whose taints it does not tolerate, or not for so long. The time
 * counts from when the keeper saw it first.
 */
function taintEviction(pod: Pod, view: View): Findings {
  const node = view.store.get(nodeResource, "", pod.spec.nodeName ?? "");
  const stayMs = stayMsOf(pod.spec.tolerations ?? [], taintsOf(node));
  const deletion = stayMs === Infinity ? undefined : deleting(podResource, pod, view.now);
  if (deletion === undefined) return fine;
  const { metadata } = pod;
  const message = `Marking for deletion Pod ${metadata.namespace}/${metadata.name}`;
  const reason = "TaintManagerEviction";
  const event = { kind: "event", object: refOf(pod), type: "Normal", reason, message } as const;
  const why = {
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
  };
  const told = { ...pod, status: disruptedStatus(pod, why, view.now.wallMs) };
  const telling = puttingStatus("", podResource, told);
  const effects = [event, ...telling.effects, ...deletion.effects];
  return { actions: [{ id: `evict ${metadata.uid}`, effects, settleMs: stayMs }] };
}

/** What to say of a pod that no machine took. */
export function refusalOf(pod: Pod, message: string, wallMs: number): ControllersEffect[] {
  const why = { type: "PodScheduled", status: "False", reason: "Unschedulable", message } as const;
  const status = { ...withPodCondition(pod, why, wallMs), phase: "Pending" as const };
  const last = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const isNews = last?.status !== "False" || last.message !== message;
  const object: KubeObject = { ...pod, status };
  return [
    {
      kind: "event",
      object: refOf(pod),
      type: "Warning",
      reason: "FailedScheduling",
      message,
    },
    ...(isNews ? [{ kind: "putStatus", resource: podResource, object } as const] : []),
  ];
}

function offer(pod: Pod, view: View) {
  const { uid = "" } = pod.metadata;
  const waitMs = view.scheduling.waitMs(uid, view.now.at);
  if (waitMs > 0) return { actions: [], againInMs: waitMs };
  const isClone = pod.metadata.annotations?.[replacesAnnotation] !== undefined;
  const cause = isClone ? causeOf(pod) : undefined;
  const wasRefused = pod.status?.conditions?.some(
    ({ type, status }) => type === "PodScheduled" && status === "False",
  );
  const action: Action = {
    id: `schedule ${uid} ${view.scheduling.triesOf(uid)}`,
    effects: [
      {
        kind: "schedule",
        task: "",
        pods: [pod],
        workload: workloadName(pod),
        reason: isClone ? "clone" : "new",
        ...(cause === undefined ? {} : { cause }),
      },
    ],
    settleMs: cause === "sidecar" ? sidecarSettleMs : 0,
    patienceMs: wasRefused === true ? refusedPatienceMs : auctionPatienceMs,
  };
  return { actions: [action] };
}

function causeOf({ metadata }: Pod): CloneCause {
  const cause = metadata.annotations?.[causeAnnotation];
  return cloneCauses.find((each) => each === cause) ?? "pod-lost";
}

function unready(pod: Pod, { now }: View): Action {
  const message = "The machine cannot be reached";
  const why = { status: "False", reason: "NodeLost", message } as const;
  const told = (of: Pod, type: string): Pod => ({
    ...of,
    status: withPodCondition(of, { type, ...why }, now.wallMs),
  });
  const object = told(told(pod, "ContainersReady"), "Ready");
  return puttingStatus(`unready ${pod.metadata.uid}`, podResource, object);
}

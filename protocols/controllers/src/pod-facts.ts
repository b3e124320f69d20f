import type { Pod } from "@beemesh/model";
import type { Members } from "./members.ts";
import { wallMsOf } from "./timestamp.ts";

/** Whether the pod's machine says that it is ready to serve. */
export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === "True";
}

/** Whether the pod has come to an end that it does not leave. */
export function isOver({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

/** Whether the pod is not there any more: over, or on a machine that is held dead. */
export function isLost(pod: Pod, members: Members): boolean {
  return isOver(pod) || isStranded(pod, members);
}

/** Whether the pod is on a machine that is held dead. */
export function isStranded({ spec }: Pod, members: Members): boolean {
  const { nodeName = "" } = spec;
  return nodeName !== "" && !members.isAlive(nodeName);
}

/**
 * How long until the pod has been ready for `minReadySeconds`: 0 if it has been, Infinity if it
 * is not ready.
 */
export function availableInMs(pod: Pod, minReadySeconds: number, wallMs: number): number {
  if (!isReady(pod)) return Infinity;
  if (minReadySeconds === 0) return 0;
  const sinceMs = wallMsOf(readyCondition(pod)?.lastTransitionTime) ?? wallMs;
  return Math.min(minReadySeconds * 1000, Math.max(0, sinceMs + minReadySeconds * 1000 - wallMs));
}

/** How many of the pods are ready, and available; and when the next will be. */
export function countPods(
  pods: readonly Pod[],
  minReadySeconds: number,
  wallMs: number,
): { readonly ready: number; readonly available: number; readonly nextInMs: number } {
  const waits = pods.map((pod) => availableInMs(pod, minReadySeconds, wallMs));
  return {
    ready: waits.filter((waitMs) => waitMs < Infinity).length,
    available: waits.filter((waitMs) => waitMs === 0).length,
    nextInMs: Math.min(Infinity, ...waits.filter((waitMs) => waitMs > 0)),
  };
}

function readyCondition({ status }: Pod) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

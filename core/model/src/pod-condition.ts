import type { Condition, Pod, PodStatus } from "./pod.ts";
import { formatTime } from "./time-text.ts";

/** Conditions of a pod that its machine tells while they hold, and that are gone after that. */
export const resizeConditions: readonly string[] = ["PodResizePending", "PodResizeInProgress"];

/** The status of a pod with a condition; one that says what it said before keeps its time. */
export function withPodCondition(
  { status }: Pick<Pod, "status">,
  condition: Condition,
  wallMs: number,
): PodStatus {
  const conditions = status?.conditions ?? [];
  const last = conditions.find(({ type }) => type === condition.type);
  const moment = formatTime(wallMs) ?? "1970-01-01T00:00:00Z";
  const isSame = last?.status === condition.status;
  const lastTransitionTime = isSame ? (last?.lastTransitionTime ?? moment) : moment;
  return {
    ...status,
    conditions: [
      ...conditions.filter(({ type }) => type !== condition.type),
      { ...condition, lastProbeTime: null, lastTransitionTime },
    ],
  };
}

/**
 * The status of a pod that is sent away, with the condition that says by whom.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
 */
export function disruptedStatus(
  pod: Pick<Pod, "status">,
  { reason, message }: { readonly reason: string; readonly message: string },
  wallMs: number,
): PodStatus {
  const condition = { type: "DisruptionTarget", status: "True", reason, message } as const;
  return withPodCondition(pod, condition, wallMs);
}

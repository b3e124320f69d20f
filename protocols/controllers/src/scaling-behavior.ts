/**
 * How fast a workload may grow and shrink: the recommendations of a while are weighed together,
 * and policies limit each step.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
 * and k8s.io/kubernetes, pkg/controller/podautoscaler/horizontal.go.
 */
import type { Instant } from "@beemesh/base";
import type { ScalingHistory } from "./scaling-history.ts";

export interface ScalingPolicy {
  readonly type: "Pods" | "Percent";
  readonly value: number;
  readonly periodSeconds: number;
}

/** The rules of one direction. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: "Max" | "Min" | "Disabled";
  readonly policies: readonly ScalingPolicy[];
  /** How far the use may be off its target, as a share of it. */
  readonly tolerance: number;
}

export interface ScalingBehavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

export interface ScalingWish {
  /** What there is. */
  readonly replicas: number;
  /** What the metrics ask for. */
  readonly desired: number;
  readonly min: number;
  readonly max: number;
}

/** Why the number is what it is: the words of a condition. */
interface ScalingReason {
  readonly reason: string;
  readonly message: string;
}

/** The number of replicas, and what it was held back by. */
export interface ScalingStep {
  readonly replicas: number;
  readonly stability: ScalingReason;
  readonly limit: ScalingReason & { readonly isLimited: boolean };
}

/** What comes of a wish by the rules, and by what was wished and done before. */
export function stepOf(
  wish: ScalingWish,
  behavior: ScalingBehavior,
  history: ScalingHistory,
  at: Instant,
): ScalingStep {
  const stable = stabilized(wish, behavior, history, at);
  history.recommend(wish.desired, at);
  const limited = limitedBy({ ...wish, desired: stable.replicas }, behavior, history, at);
  return {
    replicas: limited.replicas,
    stability: stable,
    limit: { ...limited, isLimited: limited.replicas !== stable.replicas },
  };
}

function stabilized(
  { replicas, desired }: ScalingWish,
  { scaleUp, scaleDown }: ScalingBehavior,
  history: ScalingHistory,
  at: Instant,
): ScalingReason & { readonly replicas: number } {
  const lowest = Math.min(desired, ...history.since(at, scaleUp.stabilizationWindowSeconds));
  const highest = Math.max(desired, ...history.since(at, scaleDown.stabilizationWindowSeconds));
  const found = Math.min(Math.max(replicas, lowest), highest);
  if (found === desired) return { replicas: found, ...ready };
  return { replicas: found, ...(desired >= replicas ? stabilizedUp : stabilizedDown) };
}

const ready: ScalingReason = {
  reason: "ReadyForNewScale",
  message: "recommended size matches current size",
};
const stabilizedUp: ScalingReason = {
  reason: "ScaleUpStabilized",
  message: recentWere("lower", "lowest"),
};
const stabilizedDown: ScalingReason = {
  reason: "ScaleDownStabilized",
  message: recentWere("higher", "highest"),
};

function recentWere(how: string, which: string): string {
  const applied = `applying the ${which} recent recommendation`;
  return `recent recommendations were ${how} than current one, ${applied}`;
}

function limitedBy(
  { replicas, desired, min, max }: ScalingWish,
  { scaleUp, scaleDown }: ScalingBehavior,
  history: ScalingHistory,
  at: Instant,
): ScalingReason & { readonly replicas: number } {
  if (desired > replicas) {
    const fastest = Math.max(replicas, upperLimit(replicas, scaleUp, history, at));
    if (desired > Math.min(max, fastest)) {
      return fastest < max
        ? { replicas: fastest, ...tooFast("increasing", "ScaleUpLimit") }
        : { replicas: max, ...tooMany };
    }
  }
  if (desired < replicas) {
    const fastest = Math.min(replicas, lowerLimit(replicas, scaleDown, history, at));
    if (desired < Math.max(min, fastest)) {
      return fastest > min
        ? { replicas: fastest, ...tooFast("decreasing", "ScaleDownLimit") }
        : { replicas: min, ...tooFew };
    }
  }
  return { replicas: desired, ...withinRange };
}

function tooFast(direction: string, reason: string): ScalingReason {
  const message = `the desired replica count is ${direction} faster than the maximum scale rate`;
  return { reason, message };
}

const tooMany: ScalingReason = {
  reason: "TooManyReplicas",
  message: "the desired replica count is more than the maximum replica count",
};
const tooFew: ScalingReason = {
  reason: "TooFewReplicas",
  message: "the desired replica count is less than the minimum replica count",
};
const withinRange: ScalingReason = {
  reason: "DesiredWithinRange",
  message: "the desired count is within the acceptable range",
};

function upperLimit(
  replicas: number,
  { policies, selectPolicy }: ScalingRules,
  history: ScalingHistory,
  at: Instant,
): number {
  if (selectPolicy === "Disabled") return replicas;
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const before = replicas - history.changeSince(at, periodSeconds);
    return type === "Pods" ? before + value : Math.ceil(before * (1 + value / 100));
  });
  return selectPolicy === "Min" ? Math.min(...limits) : Math.max(...limits);
}

function lowerLimit(
  replicas: number,
  { policies, selectPolicy }: ScalingRules,
  history: ScalingHistory,
  at: Instant,
): number {
  if (selectPolicy === "Disabled") return replicas;
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const before = replicas - history.changeSince(at, periodSeconds);
    return type === "Pods" ? before - value : Math.trunc(before * (1 - value / 100));
  });
  // The policy that changes most is the one that leaves fewest.
  return selectPolicy === "Min" ? Math.max(...limits) : Math.min(...limits);
}

/**
 * What becomes of a pod on its way in, whoever makes it: the API for a client, or a controller
 * for a workload. Both do the same, by the same records.
 */
import type { KubeObject } from "@beemesh/model";
import { faultsText, limitFaults, withDefaultResources } from "./limit-range.ts";
import { type Prioritized, withPriority } from "./priority.ts";
import { type Balance, quotaFault } from "./quota.ts";
import { withRuntimeClass } from "./runtime-class.ts";

/** The records that say what becomes of pods. */
export interface PodRules {
  readonly ranges: readonly KubeObject[];
  readonly classes: readonly KubeObject[];
  readonly runtimes: readonly KubeObject[];
}

/** The pod with what LimitRanges and its classes give it, or why it may not be. */
export function completedPod<Pod extends KubeObject>(
  pod: Pod,
  { ranges, classes, runtimes }: PodRules,
): Prioritized<Pod> {
  const ranked = withPriority(withDefaultResources(pod, ranges), classes);
  return ranked.ok ? withRuntimeClass(ranked.pod, runtimes) : ranked;
}

const pods = { group: "", name: "pods" } as const;

/** Why a completed pod may not be made; empty if it may. */
export function podFault(
  pod: KubeObject,
  {
    ranges,
    balances,
    before,
  }: Pick<PodRules, "ranges"> & {
    readonly balances: readonly Balance[];
    readonly before?: KubeObject | undefined;
  },
): string {
  const faults = limitFaults(pod, ranges);
  if (faults.length > 0) return faultsText(faults);
  return quotaFault(balances, { resource: pods, object: pod, before });
}

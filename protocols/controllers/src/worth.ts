import { type Pod, slotOf } from "@beemesh/model";
import { isLost, isReady } from "./pod-facts.ts";
import type { View } from "./view.ts";

/** The pods that are worth keeping most come first. */
export function byWorth(pods: readonly Pod[], { members }: View): readonly Pod[] {
  const worth = (pod: Pod): readonly number[] => [
    isLost(pod, members) ? 1 : 0,
    pod.spec.nodeName ? 0 : 1,
    isReady(pod) ? 0 : 1,
    slotOf(pod) ?? Infinity,
  ];
  return pods
    .map((pod) => ({ pod, worth: worth(pod) }))
    .toSorted((a, b) => compare(a.worth, b.worth) || compareNames(a.pod, b.pod))
    .map(({ pod }) => pod);
}

function compareNames(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) < (b[index] ?? 0) ? -1 : 1;
}

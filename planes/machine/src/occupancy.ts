import { type Occupancy, type Occupant, requirementsOf } from "@beemesh/bidding";
import { boundAtMs } from "@beemesh/controllers";
import { budgetsOf, type KubeObject, type Pod } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { resourceNamed } from "./resource.ts";
import { isFinished } from "./runner.ts";

const priorityClasses = resourceNamed("scheduling.k8s.io", "priorityclasses");

/**
 * Who is on this machine, for pods that may take their places. What a budget lets go is what its
 * status says: the first keeper of the budgets sees all pods of them, this machine may not.
 */
export function occupancyOf(
  pods: Iterable<Pod>,
  objects: Pick<ObjectStore, "get" | "list">,
): Occupancy {
  const allowed = new Map<string, number>();
  const occupants: Occupant[] = [];
  for (const pod of pods) {
    if (isFinished(pod)) continue;
    const { metadata, spec } = pod;
    const budgets = budgetsOf(objects, pod);
    for (const budget of budgets) allowed.set(nameOf(budget), allowedBy(budget));
    const { cpuMillicores, memoryBytes, hostPorts } = requirementsOf(pod);
    occupants.push({
      uid: metadata.uid ?? "",
      priority: spec.priority ?? 0,
      cpuMillicores,
      memoryBytes,
      hostPorts,
      sinceMs: boundAtMs(metadata) ?? 0,
      isGoing: metadata.deletionTimestamp !== undefined,
      budgets: budgets.map(nameOf),
    });
  }
  return { occupants, allowed };
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function allowedBy({ status }: KubeObject): number {
  const allowed = isJsonObject(status) ? status["disruptionsAllowed"] : undefined;
  return typeof allowed === "number" ? allowed : 0;
}

/**
 * Whether a pod may take the places of less important ones, if there are any: those of no priority
 * have one of 0, and less than that has only who is of a class that says so.
 */
export function mayPreempt({ spec }: Pod, objects: Pick<ObjectStore, "list">): boolean {
  if (spec.preemptionPolicy === "Never") return false;
  const classes = objects.list(priorityClasses).items.map(({ value }) => Number(value ?? 0));
  return (spec.priority ?? 0) > Math.min(0, ...classes);
}

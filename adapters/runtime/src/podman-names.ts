import type { PodPlan } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { textAt } from "./answer.ts";

/** Labels by which a pod and its containers are known again; people may filter by them too. */
const prefix = "io.beemesh.";

/** Who a container is: computed names need no list to be looked up in. */
export interface ContainerIdentity {
  readonly uid: string;
  readonly container: string;
  readonly attempt: number;
}

/** Podman's name of a pod, readable in `podman pod ps`. */
export function podName(plan: Pick<PodPlan, "uid" | "namespace" | "name">): string {
  return `${plan.name}.${plan.namespace}.${plan.uid}`;
}

/** Podman's name of one attempt of a container. */
export function containerName({ uid, container, attempt }: ContainerIdentity): string {
  return `${container}.${attempt}.${uid}`;
}

/** The pod's own labels cannot hide ours. */
export function podLabels(
  plan: Pick<PodPlan, "uid" | "namespace" | "name" | "labels">,
  machine: string,
): Record<string, string> {
  return {
    ...plan.labels,
    [`${prefix}machine`]: machine,
    [`${prefix}uid`]: plan.uid,
    [`${prefix}namespace`]: plan.namespace,
    [`${prefix}name`]: plan.name,
  };
}

export function containerLabels(identity: ContainerIdentity): Record<string, string> {
  return {
    [`${prefix}container`]: identity.container,
    [`${prefix}attempt`]: String(identity.attempt),
  };
}

/** What Podman is to list: what this machine made. */
export function machineFilter(machine: string): string {
  return JSON.stringify({ label: [`${prefix}machine=${machine}`] });
}

/** The value of one of our labels in an item of a list. */
export function labelOf(item: Json, name: string): string {
  return textAt(item, "Labels", `${prefix}${name}`);
}

import type { Now } from "@beemesh/base";
import type { Pod } from "@beemesh/model";
import type { Pending } from "./allotment.ts";
import type { ApiAccess } from "./api-access.ts";
import type { Lookup } from "./dependency.ts";
import type { DownwardFacts } from "./downward.ts";
import type { PodsEffect } from "./effect.ts";
import type { KnownServices } from "./service-variables.ts";

/** What every part of one pod sees during one step, and where it puts its effects. */
export interface Scene {
  readonly pod: Pod;
  readonly uid: string;
  readonly lookup: Lookup;
  readonly facts: DownwardFacts;
  readonly access: ApiAccess | undefined;
  /** What the pod's containers are to know of Services. */
  readonly services: () => KnownServices;
  /** Names the driver in container ids: `podman://…`. */
  readonly runtimeName: string;
  /** Why the pod has not been given the resources that its record asks for. */
  readonly pending: Pending | undefined;
  readonly now: Now;
  readonly out: PodsEffect[];
}

/** What an Event says; of a container if it is named. */
export interface Announcement {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly container?: string;
}

/** Emits an Event of Kubernetes about the pod. */
export function announce({ pod, uid, out }: Scene, announcement: Announcement): void {
  const { type, reason, message, container } = announcement;
  const { name, namespace = "default" } = pod.metadata;
  const fieldPath = container === undefined ? {} : { fieldPath: `spec.containers{${container}}` };
  out.push({
    kind: "event",
    object: { apiVersion: "v1", kind: "Pod", namespace, name, uid, ...fieldPath },
    type,
    reason,
    message,
  });
}

/** A pod as messages of the kubelet name it: `web-1_default(<uid>)`. */
export function fullNameOf({ pod, uid }: Scene): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? "default"}(${uid})`;
}

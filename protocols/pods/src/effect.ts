import type { Instant } from "@beemesh/base";
import type { PodStatus } from "@beemesh/model";
import type { RuntimeCommand } from "./command.ts";

/** What an Event of Kubernetes speaks of. */
export interface InvolvedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Such as `spec.containers{web}`. */
  readonly fieldPath?: string;
}

/** What {@link Pods} wants done, in this order. */
export type PodsEffect =
  | { readonly kind: "runtime"; readonly command: RuntimeCommand }
  /** The whole status of a pod, emitted only when it has changed. */
  | {
      readonly kind: "status";
      readonly uid: string;
      readonly namespace: string;
      readonly name: string;
      readonly status: PodStatus;
    }
  /** An Event of Kubernetes. Whoever writes it folds repetitions into a count. */
  | {
      readonly kind: "event";
      readonly object: InvolvedObject;
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
    }
  /** A pod of a controller is gone and stays gone: its status is Failed, its slot needs a clone. */
  | {
      readonly kind: "lost";
      readonly uid: string;
      readonly namespace: string;
      readonly name: string;
      readonly reason: string;
    }
  /** The pod was started anew, such as after a reboot: it counts as held only since then. */
  | { readonly kind: "held"; readonly uid: string; readonly sinceMs: number }
  /** A deleted pod has left this machine without a trace: write the tombstone. */
  | {
      readonly kind: "removed";
      readonly uid: string;
      readonly namespace: string;
      readonly name: string;
    }
  /** An unassigned pod has left this machine without a trace: its resources are free. */
  | { readonly kind: "released"; readonly uid: string }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    };

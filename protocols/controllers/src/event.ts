import type { Pod } from "@beemesh/model";
import type { MachineUsage } from "@beemesh/ports";
import type { ObjectRef } from "./effect.ts";
import type { Verdict } from "./hearings.ts";

/** What the controllers are told. Changes of objects they learn from the store itself. */
export type ControllersEvent =
  /** Time has passed, or the store has changed: tick after every batch of changes. */
  | { readonly kind: "tick" }
  /** A machine was found dead or alive, or the ranks have changed. */
  | { readonly kind: "members" }
  /** A machine took the pod and its record names it. */
  | { readonly kind: "scheduled"; readonly uid: string; readonly machine: string }
  /** No machine took the pod; `message` is what FailedScheduling shall say. */
  | { readonly kind: "unschedulable"; readonly uid: string; readonly message: string }
  /**
   * A sidecar here missed a replica, and it was found to be lost: it is replaced from here, whoever
   * keeps its collections. The keepers may be gone too.
   */
  | { readonly kind: "lost"; readonly pod: Pod }
  /** What machines use that the object of this uid wanted to know of; who is silent is missing. */
  | { readonly kind: "usage"; readonly uid: string; readonly usages: readonly MachineUsage[] }
  /** What admission says of the pod of this uid, which was asked about. */
  | { readonly kind: "admitted"; readonly uid: string; readonly verdict: Verdict }
  /** A wanted write could not be made: it is wanted again later, more and more slowly. */
  | { readonly kind: "refused"; readonly ref: ObjectRef; readonly message: string };

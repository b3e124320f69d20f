import type { Pod } from "@beemesh/model";
import type { FoundPod, RuntimeEvent } from "@beemesh/ports";
import type { RuntimeReport } from "./command.ts";

/** What happens to the pods of one machine. */
export type PodsEvent =
  /**
   * This machine is to run the pod; also each time the record changes. `heldSinceMs` is the wall
   * time since when this machine has held it without a gap, for a new pod the present.
   */
  | { readonly kind: "assign"; readonly pod: Pod; readonly heldSinceMs: number }
  /** The pod is no longer ours: it is stopped and removed, and nothing more is said of it. */
  | { readonly kind: "unassign"; readonly uid: string; readonly reason: string }
  /**
   * What the runtime holds. Nothing is started before the first of these, and every pod that is
   * to stay must have been assigned before it. Later ones repair what was missed.
   */
  | { readonly kind: "found"; readonly pods: readonly FoundPod[] }
  | { readonly kind: "report"; readonly report: RuntimeReport }
  | { readonly kind: "runtime"; readonly event: RuntimeEvent }
  /** A ConfigMap or Secret has changed; `resource` is its plural. */
  | {
      readonly kind: "dependency";
      readonly resource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: "tick" };

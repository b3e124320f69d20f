import type { Instant } from "@beemesh/base";
import type { Verdict } from "@beemesh/controllers";
import type { Pod } from "@beemesh/model";
import type { RuntimeCommand, RuntimeReport } from "@beemesh/pods";
import type { FoundPod, LinkEvent, MachineUsage, RuntimeEvent } from "@beemesh/ports";
import type { Entry, Json, PeerId } from "@beemesh/wire";
import type { NodeFacts, NodeHealth } from "./node.ts";
import type { Occurrence } from "./recorder.ts";

/** What happens to a machine. Writes of the API go through its object store instead. */
export type MachineEvent =
  /** The machine begins, after it was made; once. */
  | { readonly kind: "start" }
  | { readonly kind: "link"; readonly event: LinkEvent }
  /** The runtime says what it holds: at the start, whenever it was away, and now and then. */
  | { readonly kind: "found"; readonly pods: readonly FoundPod[] }
  | { readonly kind: "runtime"; readonly event: RuntimeEvent }
  | { readonly kind: "report"; readonly report: RuntimeReport }
  /** The sidecar of pod `by`, which runs here, misses replicas of its workload. */
  | { readonly kind: "lost"; readonly by: string; readonly uids: readonly string[] }
  /** What the daemon measures has changed. */
  | { readonly kind: "facts"; readonly facts: NodeFacts }
  | { readonly kind: "health"; readonly health: NodeHealth }
  /** Something happened beside the machine that becomes an Event of Kubernetes. */
  | { readonly kind: "occurrence"; readonly occurrence: Occurrence }
  /** What machines use: the answer to `measure`. */
  | { readonly kind: "usage"; readonly uid: string; readonly usages: readonly MachineUsage[] }
  /** What admission says of the pod of this uid: the answer to `admit`. */
  | { readonly kind: "admitted"; readonly uid: string; readonly verdict: Verdict }
  /** Time has passed, or the object store was written to. Extra ticks are harmless. */
  | { readonly kind: "tick" }
  /** The machine drains: it says goodbye to the mesh. */
  | { readonly kind: "stop" };

/** What the runtime says of pods. */
type PodNews = Extract<MachineEvent, { kind: "found" | "runtime" | "report" }>;

/** Whether an event is for the pods of this machine alone. */
export function isPodNews(event: MachineEvent): event is PodNews {
  return event.kind === "found" || event.kind === "runtime" || event.kind === "report";
}

/** What must be done, in this order: what is persisted comes before what rests on it. */
export type MachineEffect =
  | { readonly kind: "persist"; readonly entries: readonly Entry[] }
  | { readonly kind: "drop"; readonly keys: readonly string[] }
  /** A small fact to keep: `Disk.set`. */
  | { readonly kind: "note"; readonly name: string; readonly value: string }
  | { readonly kind: "send"; readonly to: PeerId; readonly message: Json }
  | { readonly kind: "publish"; readonly topic: string; readonly message: Json }
  | { readonly kind: "subscribe"; readonly topic: string }
  | { readonly kind: "remember"; readonly peer: PeerId; readonly addresses: readonly string[] }
  | { readonly kind: "forget"; readonly peer: PeerId }
  | { readonly kind: "penalize"; readonly peer: PeerId; readonly reason: string }
  | { readonly kind: "runtime"; readonly command: RuntimeCommand }
  /** How many of how many keepers hold a write of the object store. */
  | {
      readonly kind: "acknowledged";
      readonly ticket: number;
      readonly holders: number;
      readonly of: number;
    }
  /** A machine came or went: what the API shows of Nodes has changed. */
  | { readonly kind: "machines" }
  /** Ask machines what they use, and give back `usage` for this uid. */
  | { readonly kind: "measure"; readonly uid: string; readonly machines: readonly string[] }
  /** Have admission judge a pod that a controller would make, and give back `admitted`. */
  | { readonly kind: "admit"; readonly pod: Pod; readonly controller: string }
  | { readonly kind: "wake"; readonly at: Instant }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    };

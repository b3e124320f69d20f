import type { Instant, Now, Random } from "@beemesh/base";
import type { Outcome } from "@beemesh/deciding";
import type { RuntimeCommand, RuntimeReport } from "@beemesh/pods";
import type { FoundPod, LinkEvent, RuntimeEvent } from "@beemesh/ports";
import type { Entry, Json, PeerId, Stamp } from "@beemesh/wire";

/** What happens to a simulated node; a machine of the machine plane takes all of it. */
export type NodeEvent =
  | { readonly kind: "start" }
  | { readonly kind: "tick" }
  | { readonly kind: "link"; readonly event: LinkEvent }
  | { readonly kind: "found"; readonly pods: readonly FoundPod[] }
  | { readonly kind: "runtime"; readonly event: RuntimeEvent }
  | { readonly kind: "report"; readonly report: RuntimeReport }
  /** A sidecar of this machine misses replicas. */
  | { readonly kind: "lost"; readonly by: string; readonly uids: readonly string[] };

/** What a simulated node wants done, in order. */
export type NodeEffect =
  | { readonly kind: "persist"; readonly entries: readonly Entry[] }
  | { readonly kind: "drop"; readonly keys: readonly string[] }
  | { readonly kind: "note"; readonly name: string; readonly value: string }
  | { readonly kind: "send"; readonly to: PeerId; readonly message: Json }
  /** Like a send, over a stream: once and in its order, or not at all. */
  | { readonly kind: "stream"; readonly to: PeerId; readonly message: Json }
  | { readonly kind: "publish"; readonly topic: string; readonly message: Json }
  | { readonly kind: "subscribe"; readonly topic: string }
  | { readonly kind: "unsubscribe"; readonly topic: string }
  | { readonly kind: "wake"; readonly at: Instant }
  | { readonly kind: "runtime"; readonly command: RuntimeCommand }
  | { readonly kind: "remember"; readonly peer: PeerId; readonly addresses: readonly string[] }
  | { readonly kind: "forget"; readonly peer: PeerId }
  | { readonly kind: "penalize"; readonly peer: PeerId; readonly reason: string }
  | OutwardEffect;

/** Effects that the world only shows to who watches it. */
export type OutwardEffect =
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    }
  | {
      readonly kind: "acknowledged";
      readonly ticket: number;
      readonly holders: number;
      readonly of: number;
    }
  | { readonly kind: "machines" }
  /** A write of a client was done here: its name, the object's uid, and the record's stamp now. */
  | {
      readonly kind: "written";
      readonly id: string;
      readonly uid: string;
      readonly stamp: Stamp;
    }
  /** What comes of a client's write that was asked here. */
  | { readonly kind: "reply"; readonly id: string; readonly outcome: Outcome };

/** Anything that decides: a whole machine, or one protocol with a thin coat. */
export interface SimulatedNode {
  step(event: NodeEvent, now: Now): readonly NodeEffect[];
}

/** What a node wakes up with: who it is, what time it believes it is, what its disk kept. */
export interface Boot {
  readonly id: PeerId;
  readonly now: Now;
  readonly random: Random;
  /** 1 for the first boot. */
  readonly incarnation: number;
  readonly entries: Iterable<Entry>;
  readonly notes: ReadonlyMap<string, string>;
}

import type { Instant } from "@beemesh/base";
import type { Entry, PeerId } from "@beemesh/wire";
import type { Award, Bid, BiddingMessage, Task } from "./message.ts";

type Facts = Readonly<Record<string, string | number | boolean>>;

/** What both sides of bidding may ask of the caller. */
type CommonEffect =
  /** To this machine itself as well: the caller hands it to the other side of bidding here. */
  | { readonly kind: "send"; readonly to: PeerId; readonly message: BiddingMessage }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant }
  | { readonly kind: "penalize"; readonly peer: PeerId; readonly reason: string }
  | { readonly kind: "observe"; readonly event: string; readonly facts: Facts };

/** What somebody wants placed. Author, nonce, time and signature are added to it. */
export type TaskRequest = Pick<
  Task,
  "id" | "workload" | "reason" | "requirements" | "priority" | "digest"
>;

export type AuctioneerEvent =
  | {
      readonly kind: "open";
      readonly task: TaskRequest;
      /** 1 to {@link podsMax} pods, all alike. */
      readonly uids: readonly string[];
      /** What proves that they may run. */
      readonly entries: readonly Entry[];
      /** Machines that will hear the task, this one included. */
      readonly expectedBidders: number;
      /** Whether the pods may take the places of others if they find none. */
      readonly mayPreempt?: boolean;
    }
  | { readonly kind: "message"; readonly from: PeerId; readonly message: BiddingMessage }
  /** These pods are no longer wanted. */
  | { readonly kind: "cancel"; readonly task: string }
  /** A machine is gone: what was awarded to it goes to others at once. */
  | { readonly kind: "lost"; readonly peer: PeerId }
  | { readonly kind: "tick" };

export type AuctioneerEffect =
  | CommonEffect
  /** To all machines that may take the task, and to this one itself. */
  | { readonly kind: "publish"; readonly task: Task }
  /** A machine has taken the pod. */
  | {
      readonly kind: "awarded";
      readonly task: Task;
      readonly uid: string;
      readonly machine: PeerId;
      /** The best bids, best first, signed: the answer to "why there?". */
      readonly bids: readonly Bid[];
    }
  /** For these pods no machine was found. Whether and when to try again is the caller's. */
  | {
      readonly kind: "failed";
      readonly task: Task;
      readonly uids: readonly string[];
      /** Machines by the filter that they failed. */
      readonly reasons: ReadonlyMap<string, number>;
      /** Machines that answered or should have. */
      readonly total: number;
    };

export type BidderEvent =
  | { readonly kind: "message"; readonly from: PeerId; readonly message: BiddingMessage }
  /** The pod counts in the machine's offer from now on: its lease is over. */
  | { readonly kind: "started"; readonly uid: string }
  /** The pod will not run here: its lease is over. */
  | { readonly kind: "released"; readonly uid: string }
  | { readonly kind: "tick" };

export type BidderEffect =
  | CommonEffect
  /** These pods are this machine's: start them, and say `started` within the lease. */
  | { readonly kind: "accepted"; readonly award: Award; readonly uids: readonly string[] }
  /** The author gave these pods to another: stop them. */
  | { readonly kind: "revoked"; readonly award: Award; readonly uids: readonly string[] }
  /** The lease of this pod ran out, for it was neither started nor released. */
  | { readonly kind: "expired"; readonly uid: string };

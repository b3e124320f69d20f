import type { Entry, PeerId } from "@beemesh/wire";
import type { Requirements } from "./requirements.ts";

/** Pods in one task; more are asked for in a second one. */
export const podsMax = 256;
/** Entries that prove that pods may run: those of their owners. */
export const entriesMax = 8;

/** Characters of entries in one award, so that it stays below the largest message: or none. */
export const awardLengthMax = 1_048_576;

/** An offer of work. Published, never stored; each round is signed anew with a new nonce. */
export interface Task {
  readonly k: "task";
  readonly id: string;
  readonly author: PeerId;
  /** Names this round of this task, once and for all. */
  readonly nonce: string;
  /** Mesh time, in milliseconds since 1970. */
  readonly wallMs: number;
  /** Names the workload whose pods should be spread, such as the uid of its controller. */
  readonly workload: string;
  /** Whether pods are wanted for the first time or replace lost ones. */
  readonly reason: "new" | "clone";
  /** Pods wanted, all alike: 1 to {@link podsMax}. */
  readonly count: number;
  readonly requirements: Requirements;
  /** The higher, the more urgent; as in a PriorityClass. */
  readonly priority: number;
  /** Hash of the manifest that the pods are made from. */
  readonly digest: string;
  /** 0 for the first call. */
  readonly round: number;
  /** Whether machines that do not fit should say why. */
  readonly explain: boolean;
  /** Whether machines may offer the places of pods with a lower priority; a last resort. */
  readonly preempts?: true;
  /** How many machines hear this, as the author believes: the more, the fewer should answer. */
  readonly audience: number;
  readonly signature: string;
}

/** A machine's answer: how gladly it takes one pod, a second, a third, … */
export interface Bid {
  readonly k: "bid";
  readonly task: string;
  /** The nonce of the round that it answers. */
  readonly nonce: string;
  readonly bidder: PeerId;
  readonly wallMs: number;
  /** Each from 0 to 1; as many as pods fit. */
  readonly scores: readonly number[];
  /** The machine's values of the labels that the task's spread constraints name. */
  readonly domains: Readonly<Record<string, string>>;
  readonly signature: string;
}

/** The choice: these pods are for this machine. */
export interface Award {
  readonly k: "award";
  readonly task: string;
  /** The nonce of the round whose bid is accepted. */
  readonly round: string;
  /** Names this award, once and for all. */
  readonly nonce: string;
  readonly author: PeerId;
  readonly bidder: PeerId;
  readonly wallMs: number;
  readonly uids: readonly string[];
  /** The signed entries that prove that these pods may run, as far as the author has them. */
  readonly entries: readonly Entry[];
  readonly signature: string;
}

/** Whether a message is for the bidder's side; all others are for the author of the task. */
export function isForBidder({ k }: BiddingMessage): boolean {
  return k === "task" || k === "award" || k === "revoke";
}

export type BiddingMessage =
  | Task
  | Bid
  /** "I cannot take it, because of this filter", in kube-scheduler's words. */
  | {
      readonly k: "explain";
      readonly task: string;
      readonly nonce: string;
      readonly filter: string;
    }
  | Award
  /** "These pods of your award are mine." */
  | {
      readonly k: "confirm";
      readonly task: string;
      readonly award: string;
      readonly uids: readonly string[];
    }
  /** "These pods of your award I cannot take any more." */
  | {
      readonly k: "refuse";
      readonly task: string;
      readonly award: string;
      readonly uids: readonly string[];
      readonly filter: string;
    }
  /** "You took too long: these pods of my award are no longer yours." */
  | {
      readonly k: "revoke";
      readonly task: string;
      readonly award: string;
      readonly uids: readonly string[];
    };

import type { ApiRequest, FinalReply } from "@beemesh/ports";
import type { CollectionId, Json, PeerId } from "@beemesh/wire";
import type { Answer } from "./answer.ts";
import type { Question } from "./question.ts";

/** How a question ended that nobody answered. */
export type NoAnswer =
  /** It never went out. */
  | { readonly kind: "unreachable" }
  /** It may have been decided, and the answer is lost. */
  | { readonly kind: "lost" };

/** What happens. What comes of an effect is told under the effect's number. */
export type DecidingEvent =
  /** A client has asked this machine; the name is the write's, and nobody else's. */
  | { readonly kind: "asked"; readonly id: string; readonly request: ApiRequest }
  /** Another machine has a question; the answers go to the reference. */
  | {
      readonly kind: "heard";
      readonly from: PeerId;
      readonly reference: number;
      readonly question: Question;
    }
  /** A question is on its way: from now on its answer is waited for. */
  | { readonly kind: "sent"; readonly number: number }
  | { readonly kind: "answered"; readonly number: number; readonly answer: Answer | NoAnswer }
  /** What was to be brought is here, or will not come. */
  | { readonly kind: "brought"; readonly number: number }
  /** Entries were taken in. */
  | { readonly kind: "taken"; readonly number: number }
  /** The API has no reply yet: others are asked first, and more may happen meanwhile. */
  | { readonly kind: "handling"; readonly number: number }
  | { readonly kind: "handled"; readonly number: number; readonly reply: FinalReply }
  /** A write is held by others; the warnings say how widely, if that is less than it should be. */
  | {
      readonly kind: "confirmed";
      readonly number: number;
      readonly warnings: readonly string[];
    }
  /** What was to be done has failed, in a way that nobody foresaw. */
  | { readonly kind: "failed"; readonly number: number; readonly error: unknown }
  /** Machines came or went; these are gone. */
  | { readonly kind: "machines"; readonly gone: ReadonlySet<PeerId> }
  | { readonly kind: "tick" };

/** What comes of a client's write. */
export type Outcome =
  | { readonly kind: "replied"; readonly reply: FinalReply }
  /** The asked machine may not write there. */
  | { readonly kind: "refused"; readonly collection: CollectionId; readonly reason: string }
  /** Nothing was done, for there is too much to do. */
  | { readonly kind: "busy" }
  /** Nobody can say whether it was done. */
  | { readonly kind: "in-doubt" }
  /** The decider could not tell how it went: `code` is a BeeError's, or empty. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** This machine has failed. */
  | { readonly kind: "broken"; readonly error: unknown };

/** What is to be done, in order. */
export type DecidingEffect =
  /** Comes back as `sent` and then `answered`. */
  | {
      readonly kind: "ask";
      readonly number: number;
      readonly peer: PeerId;
      readonly question: Question;
    }
  /** Nobody waits for this answer any more. */
  | { readonly kind: "forget"; readonly number: number; readonly peer: PeerId }
  | {
      readonly kind: "answer";
      readonly to: PeerId;
      readonly reference: number;
      readonly answer: Answer;
    }
  /** Brings here what a request is decided by; comes back as `brought`. */
  | { readonly kind: "bring"; readonly number: number; readonly request: ApiRequest }
  /** Waits until a write is held widely enough; comes back as `confirmed`. */
  | { readonly kind: "confirm"; readonly number: number; readonly ticket: number }
  /** What is written from now on has stamps so far ahead of the time, until that has caught up. */
  | { readonly kind: "take-over"; readonly aheadMs: number }
  | { readonly kind: "reply"; readonly id: string; readonly outcome: Outcome }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string>>;
    }
  | Prompt;

/** Done at once: nothing else is decided until the machine is told what came of it. */
export type Prompt =
  /** Takes in what another holds, as any news of it; comes back as `taken`. */
  | {
      readonly kind: "take-in";
      readonly number: number;
      readonly from: PeerId;
      readonly entries: readonly Json[];
    }
  /** Has a request answered by what is here; comes back as `handled`, or first as `handling`. */
  | { readonly kind: "handle"; readonly number: number; readonly request: ApiRequest };

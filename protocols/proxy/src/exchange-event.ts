import type { Instant } from "@beemesh/base";
import type { Span } from "./span.ts";

/**
 * What happens to an exchange. Bytes that are handed in are kept for a while: their buffers must
 * not be used again. After `close` or `release` nothing of that `id` comes any more.
 */
export type ExchangeEvent = ClientEvent | UpstreamEvent;

export type ClientEvent =
  | { readonly kind: "client"; readonly bytes: Uint8Array }
  /** The client has said all that it has to say; it may still listen. */
  | { readonly kind: "clientEnd" }
  /** The client's connection broke, or was closed both ways. */
  | { readonly kind: "clientGone" }
  /** What was written to the client waits, or waits no longer. */
  | { readonly kind: "clientFull" }
  | { readonly kind: "clientDrained" }
  /** The time of the last `wake` has come. */
  | { readonly kind: "tick" };

export type UpstreamEvent =
  /** The connection that `open` asked for is there: a new one, or an idle one of the pool. */
  | { readonly kind: "opened"; readonly id: number }
  /**
   * There is no connection. It may come after `opened`, if nothing of what was written since has
   * reached the endpoint's program.
   */
  | {
      readonly kind: "openFailed";
      readonly id: number;
      /** `full`: the breaker does not allow another, which is no fault of the endpoint. */
      readonly why?: "full";
    }
  | { readonly kind: "upstream"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "upstreamEnd"; readonly id: number }
  | { readonly kind: "upstreamGone"; readonly id: number }
  | { readonly kind: "upstreamFull"; readonly id: number }
  | { readonly kind: "upstreamDrained"; readonly id: number };

/** What must be done, in order. */
export type ExchangeEffect = ClientEffect | UpstreamEffect;

export type ClientEffect =
  | { readonly kind: "toClient"; readonly bytes: Uint8Array }
  /** Nothing more is written to the client. */
  | { readonly kind: "endClient" }
  /** The client must see that what it got is not whole. */
  | { readonly kind: "resetClient" }
  /** Nothing more is done here: what the client still sends is read and dropped for a moment. */
  | { readonly kind: "over" }
  | { readonly kind: "pauseClient" }
  | { readonly kind: "resumeClient" }
  /** A `tick` is wanted at this time, or a little later; an earlier one takes its place. */
  | { readonly kind: "wake"; readonly at: Instant }
  | { readonly kind: "note"; readonly note: ExchangeNote };

export type UpstreamEffect =
  /** Answered by `opened` or `openFailed`. At most one connection of an exchange is open. */
  | {
      readonly kind: "open";
      readonly id: number;
      readonly uid: string;
      /** For the carrier; empty if the request is in no trace that is recorded. */
      readonly traceparent: string;
    }
  | { readonly kind: "toUpstream"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "endUpstream"; readonly id: number }
  | { readonly kind: "pauseUpstream"; readonly id: number }
  | { readonly kind: "resumeUpstream"; readonly id: number }
  /** The connection is between two requests: the pool may give it to any other exchange. */
  | { readonly kind: "release"; readonly id: number }
  /** The connection is of no more use, wherever it stands: also while it is being opened. */
  | { readonly kind: "close"; readonly id: number };

/** Something to count. */
export type ExchangeNote =
  /** A request has ended. */
  | { readonly kind: "done"; readonly record: ExchangeRecord }
  | { readonly kind: "retry"; readonly uid: string }
  | { readonly kind: "ejected"; readonly uid: string }
  | { readonly kind: "span"; readonly span: Span };

/** What one request came to. */
export interface ExchangeRecord {
  /** Empty if there was no request that could be read. */
  readonly method: string;
  /** What the client got; 499 if it went away first, 502 if what it got is not whole. */
  readonly code: number;
  /** The endpoint of the last try; empty if there was none. */
  readonly uid: string;
  readonly tries: number;
  readonly durationMs: number;
}

/** All in milliseconds; 0 is for ever. */
export interface ExchangeTimeouts {
  /** To a connection, each try. */
  readonly openMs: number;
  /** From the whole request to the response's head, each try. */
  readonly tryMs: number;
  /** The same, all tries together. */
  readonly requestMs: number;
  /** From a request's first byte to its whole head: who is slower attacks. */
  readonly headMs: number;
  /** Without a byte of the client, where one is waited for. */
  readonly idleMs: number;
}

/**
 * Long enough for what an application could do without a sidecar (a report that takes minutes),
 * short where only the mesh or an attacker is slow.
 */
export const defaultTimeouts: ExchangeTimeouts = {
  openMs: 5000,
  tryMs: 300_000,
  requestMs: 300_000,
  headMs: 30_000,
  idleMs: 600_000,
};

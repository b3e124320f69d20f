import { after, type Instant } from "@beemesh/base";
import type { ExchangeTimeouts } from "./exchange-event.ts";

/** What an exchange waits for, and since when. */
export interface Waiting {
  /** When the next try is due, after one that failed. */
  readonly retryAt: Instant | undefined;
  /** When a connection to an endpoint was asked for, while there is none. */
  readonly openingSince: Instant | undefined;
  /** When the request's head was written to the endpoint. */
  readonly sentAt: Instant | undefined;
  readonly isAnswering: boolean;
  /** When the whole request was there. */
  readonly completedAt: Instant | undefined;
  /** When the first byte of a head came that is not whole. */
  readonly headSince: Instant | undefined;
  /** When the client was last heard of, or answered. */
  readonly quietSince: Instant;
}

/** The time at which something will have been waited for long enough. */
export interface Due {
  readonly at: Instant;
  readonly what: "open" | "answer" | "head" | "idle" | "retry";
}

/** The next time at which an exchange gives something up; undefined if it waits for ever. */
export function dueOf(waiting: Waiting, timeouts: ExchangeTimeouts): Due | undefined {
  const { openingSince, sentAt, isAnswering, completedAt, headSince, quietSince } = waiting;
  if (waiting.retryAt !== undefined) return { at: waiting.retryAt, what: "retry" };
  if (openingSince !== undefined) return dueAfter("open", openingSince, timeouts.openMs);
  if (sentAt !== undefined && completedAt !== undefined) {
    // A response may go on for days: events, logs, long downloads.
    return isAnswering ? undefined : answerDue(sentAt, completedAt, timeouts);
  }
  if (headSince !== undefined) return dueAfter("head", headSince, timeouts.headMs);
  return dueAfter("idle", quietSince, timeouts.idleMs);
}

function answerDue(
  sentAt: Instant,
  completedAt: Instant,
  { tryMs, requestMs }: ExchangeTimeouts,
): Due | undefined {
  const tried = dueAfter("answer", sentAt > completedAt ? sentAt : completedAt, tryMs);
  const all = dueAfter("answer", completedAt, requestMs);
  if (tried === undefined || all === undefined) return tried ?? all;
  return all.at < tried.at ? all : tried;
}

function dueAfter(what: Due["what"], since: Instant, durationMs: number): Due | undefined {
  return durationMs === 0 ? undefined : { at: after(since, durationMs), what };
}

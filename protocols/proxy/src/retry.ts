import type { Random } from "@beemesh/base";

/** Body of a request that is kept to be sent again; larger ones are sent once. */
export const replayBytesMax = 64 * 1024;

/** Tries of one request: the endpoints of a service rarely fail three at a time. */
export const triesMax = 3;

/** The wait before the second try, doubled before each further one (Envoy: 25 ms, 250 ms). */
const backOffMs = 25;
const backOffMsMax = 250;

/** The longest wait that an answer may ask for: who asks for more is not asked again. */
const retryAfterMsMax = 2000;

/** Methods that mean the same twice as once (RFC 9110, section 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** What of a request decides whether it may be tried again. */
export interface Attempt {
  readonly method: string;
  /** Whether any byte of it may have reached the endpoint that failed. */
  readonly isSent: boolean;
  /** Whether all that was read of its body is still here. */
  readonly isReplayable: boolean;
  /** Whether it asks for another protocol: nobody knows what that would do twice. */
  readonly isUpgrade: boolean;
  readonly tries: number;
  /** Tries that it may have; {@link triesMax} unless its route says otherwise. */
  readonly triesMax: number;
}

/** How a try failed: nothing came back, or a status that speaks for a gateway. */
export type TryFailure = "connect" | "full" | "reset" | "timeout" | number;

const retriedStatuses = new Set<TryFailure>([502, 503, 504]);

/** Too many requests: tried again only if the answer says when (RFC 6585, section 4). */
const tooMany = 429;

/** Whether an answer makes {@link mayRetry} think of another try. */
export function isRetriedAnswer(status: number): boolean {
  return retriedStatuses.has(status) || status === tooMany;
}

/**
 * Whether a failed try may be followed by another. A request that was never sent always may; one
 * that was, if it is idempotent and the answer says that a gateway or an overload was at fault.
 */
export function mayRetry(attempt: Attempt, failure: TryFailure): boolean {
  if (attempt.tries >= attempt.triesMax) return false;
  if (!attempt.isReplayable) return false;
  if (!attempt.isSent) return true;
  if (attempt.isUpgrade || !idempotent.has(attempt.method)) return false;
  return typeof failure === "string" || isRetriedAnswer(failure);
}

/** Whether a status says that the endpoint, or who is behind it, does not serve. */
export function isRetriedStatus(status: number): boolean {
  return retriedStatuses.has(status);
}

/**
 * How long to wait before the next try of what failed. What never reached an endpoint is tried at
 * once, for it goes to another; who may be overloaded is given time, and not by all at once.
 *
 * @param tries - That were made, from 1.
 * @param retryAfter - Of the answer (RFC 9110, section 10.2.3): seconds; a date says nothing here,
 *   for clocks differ. Empty if it has none.
 * @returns Milliseconds; undefined if the answer asks for more time than anybody waits here.
 */
export function retryDelayMs(
  { isSent, failure, tries, retryAfter }: RetryWait,
  random: Random,
): number | undefined {
  if (!isSent) return 0;
  const backOff = Math.min(backOffMs * 2 ** (tries - 1), backOffMsMax);
  const jittered = Math.ceil(backOff / 2) + random.below(backOff);
  if (!/^\d{1,9}$/u.test(retryAfter)) return failure === tooMany ? undefined : jittered;
  const askedMs = Number(retryAfter) * 1000;
  return askedMs > retryAfterMsMax ? undefined : Math.max(askedMs, jittered);
}

/** What decides how long to wait. */
export interface RetryWait {
  /** Whether any byte of the request may have reached the endpoint that failed. */
  readonly isSent: boolean;
  readonly failure: TryFailure;
  readonly tries: number;
  readonly retryAfter: string;
}

/** Body of a request that is kept to be sent again; larger ones are sent once. */
export const replayBytesMax = 64 * 1024;

/** Tries of one request: the endpoints of a service rarely fail three at a time. */
export const triesMax = 3;

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
}

/** How a try failed: nothing came back, or a status that speaks for a gateway. */
export type TryFailure = "connect" | "reset" | "timeout" | number;

const retriedStatuses = new Set<TryFailure>([502, 503, 504]);

/**
 * Whether a failed try may be followed by another. A request that was never sent always may; one
 * that was, if it is idempotent and the answer says that a gateway or an overload was at fault.
 */
export function mayRetry(attempt: Attempt, failure: TryFailure): boolean {
  if (attempt.tries >= triesMax) return false;
  if (!attempt.isReplayable) return false;
  if (!attempt.isSent) return true;
  if (attempt.isUpgrade || !idempotent.has(attempt.method)) return false;
  return typeof failure === "string" || retriedStatuses.has(failure);
}

/** Whether a status is one that makes {@link mayRetry} think of another try. */
export function isRetriedStatus(status: number): boolean {
  return retriedStatuses.has(status);
}

import type { Duplex } from "node:stream";

/**
 * Why a connection was not served, as a stable word for metrics: `full` (too many of all), `crowd`
 * (too many of one address), `silent` (nothing was said in time), `handshake` (of TLS, not ended
 * well), `slow` (the head was not whole in time), `large` (the head is longer than the limit),
 * `malformed` (no HTTP), `cut` (the client ended in the middle).
 */
export type TurnedAway =
  | "full"
  | "crowd"
  | "silent"
  | "handshake"
  | "slow"
  | "large"
  | "malformed"
  | "cut";

interface Answer {
  readonly cause: TurnedAway;
  readonly status: string;
}

const malformed: Answer = { cause: "malformed", status: "400 Bad Request" };

/** What Node says of a request that it could not read, and what is answered to it. */
const answers: ReadonlyMap<string, Answer> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", { cause: "slow", status: "408 Request Timeout" }],
  ["HPE_HEADER_OVERFLOW", { cause: "large", status: "431 Request Header Fields Too Large" }],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", { cause: "large", status: "413 Payload Too Large" }],
  ["HPE_INVALID_EOF_STATE", { cause: "cut", status: "400 Bad Request" }],
]);

/**
 * Answers a client whose request could not be read, as Node itself would, and closes it.
 *
 * @param isBusy - Whether an answer to an earlier request is under way, which this would garble.
 * @returns Why it was turned away; undefined if it has left, or was turned away already.
 */
export function turnAway(
  error: Error & { readonly code?: string },
  socket: Duplex,
  isBusy: boolean,
): TurnedAway | undefined {
  const { code = "" } = error;
  const hasLeft = code === "ECONNRESET" || code === "EPIPE" || !socket.writable;
  const { cause, status } = answers.get(code) ?? malformed;
  if (hasLeft || isBusy) socket.destroy();
  else socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
  return hasLeft ? undefined : cause;
}

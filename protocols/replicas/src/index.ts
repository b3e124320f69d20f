/**
 * Self-cloning: the replicas of a workload watch each other ({@link ReplicaWatch}, one in each
 * sidecar), and the machine of one that misses another finds out whether it is right
 * ({@link Claims}).
 *
 * @module
 */

export { type ClaimMessage, decodeClaimMessage } from "./claim-message.ts";
export { Claims, type ClaimsEffect, type ClaimsEvent, type ClaimsOptions } from "./claims.ts";
export type { WatchEffect, WatchEvent } from "./event.ts";
export {
  parseWatchMessage,
  readWatchMessage,
  type WatchMessage,
  watchMessageText,
} from "./message.ts";
export { ReplicaWatch } from "./watch.ts";

/**
 * The Kubernetes API as a pure function: a parsed request and a moment go in, a reply comes out.
 *
 * What clients rely on is kept to the letter: resource versions of one ordered log, watches that
 * resume, conflicts, finalizers, graceful deletion, tables, and the words of errors. The edge
 * (TLS, HTTP, WebSocket) and the registry are behind ports.
 *
 * @module
 */

export { type Decision, type Knows, mastersGroup } from "./access/role-book.ts";
export type { Attributes } from "./access/rule.ts";
export type { IssuedToken } from "./access/service-token.ts";
export { makingRequest, type PodMaking, verdictOfReply } from "./admission/made-pod.ts";
export { type Api, type ApiOptions, createApi, type PodTokenWish } from "./api.ts";
export type { Authorize } from "./authorization.ts";
export { type EventFacts, makeEvent } from "./event.ts";
export { premisesOf } from "./premises.ts";
export { type ReunionKinds, reunionKinds } from "./reunion-kinds.ts";
export type { WatchLimits } from "./watch-set.ts";

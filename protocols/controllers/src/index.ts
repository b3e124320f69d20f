/**
 * The controllers of Kubernetes without a controller manager: the keepers of a collection look at
 * what is wanted and what is, and do what is missing. Level-triggered, with computed names, so
 * that several keepers who do the same thing do one thing.
 *
 * @module
 */

export { type ChainVerdict, checkChain } from "./chain.ts";
export { clusterAddressOf, serviceCidrDefault } from "./cluster-address.ts";
export { Controllers, type ControllersOptions } from "./controllers.ts";
export type { CloneCause, ControllersEffect, ObjectRef } from "./effect.ts";
export type { ControllersEvent } from "./event.ts";
export type { Verdict } from "./hearings.ts";
export type { Members } from "./members.ts";
export { revisionAnnotation } from "./revisions.ts";
export {
  boundAtAnnotation,
  boundAtMs,
  type HeldPod,
  type NameRecord,
  replacesAnnotation,
  settle,
} from "./settlement.ts";

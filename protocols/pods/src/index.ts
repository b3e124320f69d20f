/**
 * The life of pods on one machine: what a kubelet does, as a state machine without a clock, a
 * disk or a socket. Assignments and reports of the runtime go in; commands to the runtime, the
 * pods' statuses and Events come out.
 *
 * @module
 */

export type { ApiAccess, TokenWish } from "./api-access.ts";
export type { HookKind, ProbeKind, RuntimeCommand, RuntimeReport } from "./command.ts";
export type { Lookup } from "./dependency.ts";
export type { InvolvedObject, PodsEffect } from "./effect.ts";
export type { PodsEvent } from "./event.ts";
export { Pods, type PodsOptions } from "./pods.ts";
export type { KnownServices, Services } from "./service-variables.ts";

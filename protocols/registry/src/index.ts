/**
 * The registry: records without a control plane.
 *
 * {@link Registry} is a map of signed entries in which the newer stamp wins. Every collection is
 * kept alike by a few machines, its keepers; others follow it. {@link Objects} shows it as whole
 * Kubernetes objects with one ordered log of changes.
 *
 * Pure: time and messages come in as arguments, everything to be done comes out as effects.
 *
 * @module
 */

export { HybridClock, type HybridClockOptions } from "./clock.ts";
export type { LiveMember, RegistryEffect, RegistryEvent } from "./event.ts";
export { keepersMax, tombstoneMsMax } from "./limits.ts";
export { introductionOf, type RegistryMessage } from "./message.ts";
export { decodeRegistryMessage, entryOf, isCollectionId } from "./message-reader.ts";
export { Objects, type ObjectsOptions, revisionNote } from "./objects.ts";
export { type Coverage, Registry, type RegistryOptions } from "./registry.ts";
export { type Kinds, Reunions } from "./reunions.ts";

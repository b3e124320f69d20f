/**
 * The mesh: this machine's libp2p node, behind the port that the planes speak.
 *
 * @module
 */

export type { Counters } from "./counters.ts";
export { createLink, type LinkStats, type MeshLink } from "./link.ts";
export type { Traffic } from "./meter.ts";
export { type Admission, defaultLimits, type LinkLimits, type LinkOptions } from "./options.ts";
export type { Rate } from "./token-bucket.ts";

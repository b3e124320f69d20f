/**
 * What every part stands on: time and chance as values, errors and assertions, hashing.
 *
 * @module
 */

export { AssertionError, assert, unreachable } from "./assert.ts";
export { BeeError } from "./error.ts";
export { hashOf, rendezvous, shortName } from "./hash.ts";
export { type Random, seededRandom } from "./random.ts";
export { after, elapsedMs, type Instant, instantAt, type Now } from "./time.ts";

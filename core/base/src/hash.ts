/**
 * Spreads text evenly over the whole numbers from 0 to 2^53 - 1 (a 53-bit mix in the manner of
 * MurmurHash3's finalizer over two lanes).
 *
 * For choosing and naming only: it is fast and even, not hard to forge. What must not be forged
 * is signed. The value is part of the wire contract (keepers, names of slots): never change it.
 *
 * @param text - Any text; hashed by UTF-16 code unit.
 * @param seed - A whole number that gives an independent hash of the same text.
 */
export function hashOf(text: string, seed = 0): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high =
    Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low =
    Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}

/** The letters and digits that Kubernetes uses in generated names: none that form words. */
const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/**
 * A short name computed from `text`, such as the suffix of a pod: whoever knows the text gives
 * the same name.
 *
 * @param length - Characters wanted, 1 to 10.
 */
export function shortName(text: string, length: number): string {
  let rest = hashOf(text);
  let name = "";
  for (let index = 0; index < length; index += 1) {
    name += nameAlphabet[rest % nameAlphabet.length];
    rest = Math.floor(rest / nameAlphabet.length);
  }
  return name;
}

/**
 * Orders `candidates` by rendezvous hashing for `key`: everybody who knows the same candidates
 * gives the same order, and a candidate that leaves moves only what it held.
 *
 * Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998.
 */
export function rendezvous(key: string, candidates: Iterable<string>): string[] {
  const seed = hashOf(key) >>> 0;
  return [...candidates]
    .map((candidate) => ({ candidate, weight: hashOf(candidate, seed) }))
    .toSorted((a, b) => b.weight - a.weight || (a.candidate < b.candidate ? -1 : 1))
    .map(({ candidate }) => candidate);
}

import type { Random } from "@beemesh/base";

/** The first tries come soon: most breaks are short. */
const firstMs = [250, 500];

/** Then one a second for a minute, so that a network that heals is found in less than two. */
const steadyMs = 1000;
const steadyTries = 60;

/** Then more and more slowly. */
const slowestMs = 30_000;
const growth = 1.5;

/** Whether a peer that failed so often is tried less than once a second. */
export function isSlow(tries: number): boolean {
  return tries > firstMs.length + steadyTries;
}

/**
 * Milliseconds from the start of one try to the start of the next.
 *
 * @param tries - How many have failed since the peer was last connected, from 1.
 * @param random - Spreads slow tries by a quarter, so that many machines do not try at once.
 */
export function retryDelayMs(tries: number, random: Random): number {
  const first = firstMs[tries - 1];
  if (first !== undefined) return first;
  if (!isSlow(tries)) return steadyMs;
  const slow = tries - firstMs.length - steadyTries;
  const delayMs = Math.min(slowestMs, steadyMs * growth ** slow);
  return Math.round((delayMs * (750 + random.below(501))) / 1000);
}

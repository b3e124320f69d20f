import { BeeError } from "@beemesh/base";

/** How often a condition is looked at, in milliseconds. */
const lookEveryMs = 25;

/**
 * Looks until `find` gives something, and gives it with how long that took. An error of `find`
 * counts as nothing found yet.
 *
 * @param what - Completes "Cannot see …".
 * @throws {BeeError} `check-failed` when `withinMs` have passed.
 */
export async function until<Found>(
  what: string,
  withinMs: number,
  find: () => Promise<Found | undefined> | Found | undefined,
): Promise<{ readonly found: Found; readonly tookMs: number }> {
  const start = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const found = await find();
      const tookMs = performance.now() - start;
      if (found !== undefined) return { found, tookMs };
    } catch (error) {
      last = error;
    }
    if (performance.now() - start > withinMs) break;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  const message = `Cannot see ${what}: waited ${Math.round(withinMs)} ms`;
  throw new BeeError("check-failed", message, { cause: last });
}

declare const instant: unique symbol;

/**
 * A point on one machine's monotonic clock, in milliseconds since that machine's own origin.
 *
 * Instants of two machines are never compared: send a duration instead.
 */
export type Instant = number & { readonly [instant]: true };

/**
 * The present, as the caller of a protocol knows it: the monotonic clock for durations, the wall
 * clock for what people and other machines read. The wall clock may jump; the instant never does.
 */
export interface Now {
  readonly at: Instant;
  /** Milliseconds since 1970, as this machine believes. May be wrong by years. */
  readonly wallMs: number;
}

/** The instant `originMs` milliseconds after a clock's origin. Only clocks and tests make one. */
export function instantAt(originMs: number): Instant {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place the brand is made
  return originMs as Instant;
}

/** The instant `durationMs` after `start`. */
export function after(start: Instant, durationMs: number): Instant {
  return instantAt(start + durationMs);
}

/** Milliseconds from `start` to `end`; negative if `end` is earlier. */
export function elapsedMs(start: Instant, end: Instant): number {
  return end - start;
}

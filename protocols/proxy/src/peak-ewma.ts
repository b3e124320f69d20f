import { elapsedMs, type Instant } from "@beemesh/base";

/** How fast the past fades: after this long it weighs 1/e. As Finagle and linkerd have it. */
const decayMs = 10_000;

/** Where a load begins that has nothing to go by but requests without an answer, in ms. */
const unknownCostMs = 1e6;

/**
 * What a request to an endpoint costs: its latency, remembered longest where it was worst. A
 * slower answer counts at once, faster ones little by little.
 *
 * Source: Finagle's `PeakEwma` (twitter/finagle, `com.twitter.finagle.loadbalancer`).
 */
export class PeakEwma {
  #costMs = 0;
  #at: Instant;

  constructor(now: Instant) {
    this.#at = now;
  }

  observe(latencyMs: number, now: Instant): void {
    const weight = this.#weightAt(now);
    const isPeak = latencyMs > this.#costMs;
    this.#costMs = isPeak ? latencyMs : this.#costMs * weight + latencyMs * (1 - weight);
    this.#at = now;
  }

  /** A failed request: fast as it was, it makes nobody look good. */
  fail(latencyMs: number, now: Instant): void {
    this.observe(Math.max(latencyMs, this.#costMs), now);
  }

  /**
   * The load with `inFlight` requests without an answer; one more counts them too, so that
   * equally fast endpoints take turns.
   */
  loadAt(now: Instant, inFlight: number): number {
    const cost = this.#costMs * this.#weightAt(now);
    if (cost === 0 && inFlight > 0) return unknownCostMs + inFlight;
    return cost * (inFlight + 1);
  }

  #weightAt(now: Instant): number {
    return Math.exp(-Math.max(0, elapsedMs(this.#at, now)) / decayMs);
  }
}

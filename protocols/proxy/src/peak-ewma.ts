import { elapsedMs, type Instant } from "@beemesh/base";

/** How fast the past fades: after this long it weighs 1/e. As Finagle and linkerd have it. */
const decayMs = 10_000;

/** Where a load begins that has nothing to go by but requests without an answer, in ms. */
const unknownCostMs = 1e6;

/**
 * Costs below this are the same, in ms: what is older than a few minutes has faded to nothing, and
 * then those with fewer requests in flight are next.
 */
const costMsMin = 0.1;

/** What a failure costs at least, in ms: who fails fast must not look good beside who works. */
const failedMsMin = 100;

/**
 * What a request to an endpoint costs: its latency, remembered longest where it was worst. A
 * slower answer counts at once, faster ones little by little.
 *
 * Source: Finagle's `PeakEwma` (twitter/finagle, `com.twitter.finagle.loadbalancer`).
 */
export class PeakEwma {
  #costMs = 0;
  #isKnown = false;
  #at: Instant;

  constructor(now: Instant) {
    this.#at = now;
  }

  observe(latencyMs: number, now: Instant): void {
    const weight = this.#weightAt(now);
    const isPeak = latencyMs > this.#costMs;
    this.#costMs = isPeak ? latencyMs : this.#costMs * weight + latencyMs * (1 - weight);
    this.#at = now;
    this.#isKnown = true;
  }

  /** A failed request: fast as it was, it makes nobody look good. */
  fail(latencyMs: number, now: Instant): void {
    this.observe(Math.max(latencyMs, failedMsMin, this.#costMs), now);
  }

  /** Nothing counts any more that was before: for an endpoint that gets another chance. */
  forget(): void {
    this.#costMs = 0;
    this.#isKnown = true;
  }

  /**
   * The load with `inFlight` requests without an answer; one more counts them too, so that
   * equally fast endpoints take turns.
   */
  loadAt(now: Instant, inFlight: number): number {
    if (!this.#isKnown) return inFlight > 0 ? unknownCostMs + inFlight : 0;
    return Math.max(costMsMin, this.#costMs * this.#weightAt(now)) * (inFlight + 1);
  }

  #weightAt(now: Instant): number {
    return Math.exp(-Math.max(0, elapsedMs(this.#at, now)) / decayMs);
  }
}

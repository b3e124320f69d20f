import { elapsedMs, type Instant } from "@beemesh/base";

/** A rate that may be exceeded for a moment. */
export interface Rate {
  readonly perSecond: number;
  /** The most that can come at once after a pause. */
  readonly burst: number;
}

/** Lets through what keeps to a rate. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: Instant;

  constructor(rate: Rate, now: Instant) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Whether `count` more keep to the rate; only then are they counted. */
  take(count: number, now: Instant): boolean {
    const { perSecond, burst } = this.#rate;
    const gained = (elapsedMs(this.#at, now) * perSecond) / 1000;
    this.#tokens = Math.min(burst, this.#tokens + gained);
    this.#at = now;
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }
}

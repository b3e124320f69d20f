import { elapsedMs, type Instant } from "@beemesh/base";

/** What a bucket lets through. */
export interface Rate {
  readonly perSecond: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
}

/** Lets things through at a rate, and some more after a pause. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: Instant | undefined;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Whether one more may pass now. A clock that goes back adds nothing. */
  take(now: Instant): boolean {
    const { perSecond, burst } = this.#rate;
    const passedMs = this.#at === undefined ? 0 : Math.max(0, elapsedMs(this.#at, now));
    this.#at = now;
    this.#tokens = Math.min(burst, this.#tokens + (passedMs * perSecond) / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

import { after, type Instant, instantAt } from "@beemesh/base";

/** How one try ended, for the endpoint's name. */
export type Outcome =
  | "ok"
  /** The program answered 5xx. */
  | "serverError"
  /** No connection, a reset, a timeout, or 502, 503, 504. */
  | "gateway"
  /** The client went away, or the request was at fault: says nothing of the endpoint. */
  | "cancelled";

/** Failures in a row that eject an endpoint: Envoy's `consecutive_5xx`. */
const consecutiveMax = 5;

/** The first ejection, and what each further one adds: Envoy's `base_ejection_time`, shortened. */
const ejectionMs = 10_000;

/** Longest ejection: Envoy's `max_ejection_time`. */
const ejectionMsMax = 300_000;

/** Answers in one interval from which a success rate says something. */
const rateVolumeMin = 20;

/** One endpoint's failures, and the time that it is left out for them. */
export class Ejection {
  #consecutive = 0;
  #ejections = 0;
  #until: Instant = instantAt(0);
  #state: "in" | "out" | "probing" | "probed" = "in";
  #successes = 0;
  #answers = 0;

  /** Whether the endpoint is left out now. After it one request finds out if it is well. */
  isOutAt(now: Instant): boolean {
    if (this.#state === "out" && now >= this.#until) this.#state = "probing";
    return this.#state === "out";
  }

  /** Whether a request is finding out if the endpoint is well again, and no other should. */
  get isProbed(): boolean {
    return this.#state === "probed";
  }

  /** A request goes to the endpoint: after an ejection it finds out for all others. */
  started(): void {
    if (this.#state === "probing") this.#state = "probed";
  }

  /** A good answer has begun. */
  answered(): void {
    if (this.#state === "probing" || this.#state === "probed") this.#state = "in";
  }

  /**
   * Notes how a try ended.
   *
   * @returns Whether the endpoint has failed enough to be ejected; `eject` does it.
   */
  note(outcome: Outcome): boolean {
    if (outcome === "cancelled") {
      // It found nothing out: the next one may.
      if (this.#state === "probed") this.#state = "probing";
      return false;
    }
    this.#answers += 1;
    if (outcome === "ok") {
      this.#successes += 1;
      this.#consecutive = 0;
      this.answered();
      return false;
    }
    this.#consecutive += 1;
    const isSuspect = this.#state === "probing" || this.#state === "probed";
    // Where it may not be ejected, for too many are, the next request finds out.
    if (isSuspect) this.#state = "probing";
    return isSuspect || this.#consecutive >= consecutiveMax;
  }

  /** Leaves the endpoint out: 10 s the first time, 10 s longer each time after. */
  eject(now: Instant): void {
    const sinceMs = now - this.#until;
    // Time without an ejection is forgiven at the rate at which it was given (as Envoy does).
    const forgiven = this.#ejections === 0 ? 0 : Math.floor(Math.max(0, sinceMs) / ejectionMs);
    this.#ejections = Math.max(0, this.#ejections - forgiven) + 1;
    this.#until = after(now, Math.min(ejectionMs * this.#ejections, ejectionMsMax));
    this.#state = "out";
    this.#consecutive = 0;
  }

  /** The share of good answers since the last call; undefined if there were too few. */
  takeRate(): number | undefined {
    const rate = this.#answers < rateVolumeMin ? undefined : this.#successes / this.#answers;
    this.#answers = 0;
    this.#successes = 0;
    return rate;
  }
}

/** How far below the others' mean a success rate is an outlier, in deviations (Envoy: 1.9). */
const deviationsMax = 1.9;

/** Endpoints from which a mean says something (Envoy: `success_rate_minimum_hosts`). */
const ratedMin = 5;

/**
 * The success rate below which an endpoint stands out from the others; 0 if nobody can.
 *
 * Source: Envoy, "Outlier detection", success rate.
 */
export function outlierRate(rates: readonly number[]): number {
  if (rates.length < ratedMin) return 0;
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return mean - deviationsMax * Math.sqrt(variance);
}

import type { Instant } from "@beemesh/base";

export interface RetryBudgetOptions {
  /** Retries for each request, 0 to 1. Linkerd: 0.2. */
  readonly share: number;
  /** Retries a second that are allowed without any requests. Linkerd: 10. */
  readonly perSecondMin: number;
}

export const defaultRetryBudget: RetryBudgetOptions = { share: 0.2, perSecondMin: 10 };

/** The window, in slots of a second: what is older neither allows nor counts. */
const slots = 10;
const slotMs = 1000;

/**
 * Bounds retries to a share of the requests, so that retrying cannot multiply the load of a
 * service that is failing under it.
 *
 * Source: linkerd's `TpsBudget` (linkerd2-proxy, `linkerd/retry`), after Finagle's `RetryBudget`.
 */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  readonly #balances = new Float64Array(slots);
  #slot = 0;

  constructor(options: RetryBudgetOptions = defaultRetryBudget) {
    this.#options = options;
  }

  /** A request was made (not a retry): it pays for a share of one. */
  deposit(now: Instant): void {
    this.#expire(now);
    this.#add(this.#options.share);
  }

  /** Takes one retry out of the budget, if it is there. */
  withdraw(now: Instant): boolean {
    this.#expire(now);
    const reserve = this.#options.perSecondMin * slots;
    const balance = this.#balances.reduce((sum, value) => sum + value, reserve);
    // Sums of fifths are not exact: five of them are one retry.
    if (balance < 1 - 1e-9) return false;
    this.#add(-1);
    return true;
  }

  #add(amount: number): void {
    const index = this.#slot % slots;
    this.#balances[index] = (this.#balances[index] ?? 0) + amount;
  }

  #expire(now: Instant): void {
    const slot = Math.max(this.#slot, Math.floor(now / slotMs));
    const passed = Math.min(slot - this.#slot, slots);
    for (let step = 0; step < passed; step += 1) this.#balances[(slot - step) % slots] = 0;
    this.#slot = slot;
  }
}

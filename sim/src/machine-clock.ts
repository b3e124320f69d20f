import { type Instant, instantAt, type Now } from "@beemesh/base";

/** When simulated time begins, on clocks that are right: a moment in 2026. */
export const epochMs = 1_795_000_000_000;

/** The two clocks of one machine, as far from the truth as a scenario wants them. */
export class MachineClock {
  /** What the monotonic clock shows at the beginning: no two machines agree. */
  readonly #originMs: number;
  /** How many seconds the clocks make of one: 1 for a perfect quartz. */
  readonly #rate: number;
  #skewMs: number;

  constructor(clock: {
    readonly originMs: number;
    readonly rate: number;
    readonly skewMs: number;
  }) {
    this.#originMs = clock.originMs;
    this.#rate = clock.rate;
    this.#skewMs = clock.skewMs;
  }

  /** What the machine reads at a moment of the world. */
  at(worldMs: number): Now {
    const elapsedMs = worldMs * this.#rate;
    return {
      at: instantAt(this.#originMs + elapsedMs),
      wallMs: Math.round(epochMs + this.#skewMs + elapsedMs),
    };
  }

  /** The moment of the world at which the monotonic clock shows an instant. */
  worldMs(instant: Instant): number {
    return (instant - this.#originMs) / this.#rate;
  }

  /** The wall clock is set forward, or back. */
  jump(ms: number): void {
    this.#skewMs += ms;
  }
}

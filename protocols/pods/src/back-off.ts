/** A delay that doubles from a first value up to a limit. */
export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #delayMs = 0;

  constructor({ firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number }) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  /** The delay that {@link grow} would double. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** Lengthens the delay and gives it: the first value, its double, … the limit. */
  grow(): number {
    this.#delayMs = Math.min(this.#maxMs, Math.max(this.#firstMs, this.#delayMs * 2));
    return this.#delayMs;
  }

  reset(): void {
    this.#delayMs = 0;
  }
}

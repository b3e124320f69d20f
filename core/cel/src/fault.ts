/** Why an expression has no value. It never leaves the package: the door answers its message. */
export class Fault extends Error {
  /** Whether nothing may go on after it, as `||` goes on after an error. */
  readonly isFinal: boolean;

  constructor(message: string, options: { readonly isFinal?: boolean } = {}) {
    super(message);
    this.isFinal = options.isFinal === true;
  }
}

/** What an expression of an unknown author may still cost. */
export class Meter {
  #left: number;

  /** @param budget - Units: about one for each step, and one for each ten characters looked at. */
  constructor(budget: number) {
    this.#left = budget;
  }

  get left(): number {
    return this.#left;
  }

  /** Takes units away, and ends the evaluation if there are none left. */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) {
      this.#left = 0;
      throw new Fault("operation cancelled: actual cost limit exceeded", { isFinal: true });
    }
  }
}

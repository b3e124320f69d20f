/** What was started, to be stopped in the opposite order. */
export class Parts {
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** Takes note of how a part is stopped, and gives the part back. */
  add<Part>(part: Part, close: (part: Part) => Promise<void> | void): Part {
    this.#closers.unshift(() => close(part));
    return part;
  }

  /** Stops everything once; what fails to stop does not keep the rest from it. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0)) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

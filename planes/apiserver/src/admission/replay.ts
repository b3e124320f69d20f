/**
 * Values that are drawn once and are the same whenever a request is thought over again: its uid,
 * the end of a generated name.
 */
export class Replay<Value> {
  readonly #values: Value[] = [];
  #next = 0;

  /** The values come from the first one on again. */
  rewind(): void {
    this.#next = 0;
  }

  /** The next value; `make` gives it the first time. */
  take(make: () => Value): Value {
    const at = this.#next;
    this.#next += 1;
    const known = this.#values[at];
    if (known !== undefined) return known;
    const value = make();
    this.#values.push(value);
    return value;
  }
}

/** Measurements of one kind, and how they are spread. */
export class Histogram {
  readonly #values: number[] = [];
  #sorted = true;

  get count(): number {
    return this.#values.length;
  }

  add(value: number): void {
    this.#values.push(value);
    this.#sorted = false;
  }

  /** The value below which a share from 0 to 1 of all values lies; NaN without values. */
  quantile(share: number): number {
    if (!this.#sorted) this.#values.sort((a, b) => a - b);
    this.#sorted = true;
    const index = Math.min(this.#values.length - 1, Math.floor(share * this.#values.length));
    return this.#values[index] ?? Number.NaN;
  }

  get mean(): number {
    return this.#values.reduce((sum, value) => sum + value, 0) / this.#values.length;
  }

  /** One line: count, median, 99th percentile, maximum, in the given unit. */
  describe(unit: string): string {
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => Math.round(this.quantile(share)));
    return `${this.count} × p50 ${p50} ${unit}, p99 ${p99} ${unit}, max ${max} ${unit}`;
  }
}

/** Longest value of a label: a Service's name beside its namespace. Longer ones are `other`. */
const labelLengthMax = 128;

/** Upper bounds in seconds, doubling: half a millisecond to a little over half a minute. */
const bucketBounds: readonly number[] = Array.from(
  { length: 17 },
  (_, power) => 0.0005 * 2 ** power,
);

export interface FamilyOptions {
  /** Without the suffixes of a histogram. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  /** Labels whose values come from outside: they become `other` when there are too many. */
  readonly openLabels: readonly string[];
  /** Series after which new values of open labels are `other`. */
  readonly seriesMax: number;
}

/** One number of a family, or one histogram. Kept by whoever counts often. */
export class Series {
  value = 0;
  readonly #buckets: Float64Array;

  constructor(buckets: number) {
    this.#buckets = new Float64Array(buckets);
  }

  add(amount: number): void {
    this.value += amount;
  }

  /** Notes one duration of a histogram. */
  observe(seconds: number): void {
    const found = bucketBounds.findIndex((bound) => seconds <= bound);
    const index = found < 0 ? bucketBounds.length : found;
    this.value += seconds;
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  get buckets(): Readonly<Float64Array> {
    return this.#buckets;
  }
}

/** A family of series under one name, as many as its limit allows. */
export class MetricFamily {
  readonly #options: FamilyOptions;
  readonly #series = new Map<string, { readonly values: readonly string[]; of: Series }>();

  constructor(options: FamilyOptions) {
    this.#options = options;
  }

  /** The series with these values of the labels, in the labels' order. */
  series(...values: readonly string[]): Series {
    const bounded = values.map((value) => (value.length > labelLengthMax ? "other" : value));
    const known = this.#series.get(bounded.join("\0"));
    if (known !== undefined) return known.of;
    const { labels, openLabels, seriesMax } = this.#options;
    if (this.#series.size < seriesMax) return this.#make(bounded);
    return this.#make(
      bounded.map((value, index) => (openLabels.includes(labels[index] ?? "") ? "other" : value)),
    );
  }

  /** The family in Prometheus' text format 0.0.4; empty if nothing was ever counted. */
  text(): string {
    if (this.#series.size === 0) return "";
    const { name, help, type } = this.#options;
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
    for (const { values, of } of this.#series.values()) {
      if (type === "histogram") lines.push(...this.#histogramLines(values, of));
      else lines.push(`${name}${this.#labelText(values)} ${of.value}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #make(values: readonly string[]): Series {
    const key = values.join("\0");
    const known = this.#series.get(key);
    if (known !== undefined) return known.of;
    const of = new Series(this.#options.type === "histogram" ? bucketBounds.length + 1 : 0);
    this.#series.set(key, { values, of });
    return of;
  }

  #histogramLines(values: readonly string[], of: Series): string[] {
    const { name } = this.#options;
    let count = 0;
    const lines = [...bucketBounds, "+Inf"].map((bound, index) => {
      count += of.buckets[index] ?? 0;
      return `${name}_bucket${this.#labelText(values, `le="${bound}"`)} ${count}`;
    });
    const sum = Math.round(of.value * 1e6) / 1e6;
    return [
      ...lines,
      `${name}_sum${this.#labelText(values)} ${sum}`,
      `${name}_count${this.#labelText(values)} ${count}`,
    ];
  }

  #labelText(values: readonly string[], last = ""): string {
    const pairs = values.map((value, index) => labelPair(this.#options.labels[index] ?? "", value));
    const all = last === "" ? pairs : [...pairs, last];
    return all.length === 0 ? "" : `{${all.join(",")}}`;
  }
}

/** `name="value"`, with what the format wants escaped. */
export function labelPair(name: string, value: string): string {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `${name}="${escaped}"`;
}

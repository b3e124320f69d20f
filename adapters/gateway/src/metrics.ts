/** Label names with values; the values may come from outside. */
export type Labels = Readonly<Record<string, string>>;

/** Counts what happened. */
export interface Counter {
  add(labels?: Labels, amount?: number): void;
}

/** Shows what is. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
}

/** Sorts durations or sizes into buckets. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** What a metric is called and how it is labelled. */
export interface MetricOptions {
  readonly help: string;
  /** Names that every sample has; others are dropped, missing ones are empty. */
  readonly labels?: readonly string[];
}

/** The metrics of one process, in the text form that Prometheus reads. */
export interface Metrics {
  counter(name: string, options: MetricOptions): Counter;
  gauge(name: string, options: MetricOptions): Gauge;
  /** `buckets` are upper bounds, rising, without infinity. */
  histogram(
    name: string,
    options: MetricOptions & { readonly buckets: readonly number[] },
  ): Histogram;
  /** Calls `refresh` before each reading, to set gauges from what is at that moment. */
  onCollect(refresh: () => void): void;
  /** All metrics, in Prometheus' text format 0.0.4. */
  text(): string;
}

/**
 * Label values that differ for one metric. More would be a value from outside, such as a path, used
 * as a label: all the rest is counted under `other`.
 */
const seriesMax = 1000;

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/u;

/** One line of labels with the numbers that belong to it. */
interface Series {
  readonly labels: string;
  value: number;
  readonly buckets: number[];
  count: number;
}

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
class Metric {
  readonly #name: string;
  readonly #type: "counter" | "gauge" | "histogram";
  readonly #options: MetricOptions;
  readonly #buckets: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(
    name: string,
    type: "counter" | "gauge" | "histogram",
    options: MetricOptions & { readonly buckets?: readonly number[] },
  ) {
    if (!namePattern.test(name)) throw new TypeError(`Cannot name a metric ${name}`);
    this.#name = name;
    this.#type = type;
    this.#options = options;
    this.#buckets = options.buckets ?? [];
  }

  add(labels: Labels = {}, amount = 1): void {
    this.#at(labels).value += amount;
  }

  set(value: number, labels: Labels = {}): void {
    this.#at(labels).value = value;
  }

  observe(value: number, labels: Labels = {}): void {
    const series = this.#at(labels);
    series.value += value;
    series.count += 1;
    const bucket = this.#buckets.findIndex((bound) => value <= bound);
    if (bucket !== -1) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  }

  text(): string {
    const help = this.#options.help.replace(/\\/gu, "\\\\").replace(/\n/gu, "\\n");
    const head = `# HELP ${this.#name} ${help}\n# TYPE ${this.#name} ${this.#type}\n`;
    return head + [...this.#series.values()].map((series) => this.#lines(series)).join("");
  }

  #lines(series: Series): string {
    const { labels, value, count } = series;
    if (this.#type !== "histogram") return `${this.#name}${braced(labels)} ${numeral(value)}\n`;
    let below = 0;
    const lines = this.#buckets.map((bound, index) => {
      below += series.buckets[index] ?? 0;
      return this.#bucketLine(labels, numeral(bound), below);
    });
    lines.push(this.#bucketLine(labels, "+Inf", count));
    lines.push(`${this.#name}_sum${braced(labels)} ${numeral(value)}\n`);
    lines.push(`${this.#name}_count${braced(labels)} ${count}\n`);
    return lines.join("");
  }

  #bucketLine(labels: string, bound: string, count: number): string {
    const separator = labels === "" ? "" : ",";
    return `${this.#name}_bucket{${labels}${separator}le="${bound}"} ${count}\n`;
  }

  #at(labels: Labels): Series {
    const text = this.#labelText((name) => labels[name] ?? "");
    const known = this.#series.get(text);
    if (known) return known;
    const isFull = this.#series.size >= seriesMax;
    const key = isFull ? this.#labelText(() => "other") : text;
    const series = this.#series.get(key) ?? { labels: key, value: 0, buckets: [], count: 0 };
    this.#series.set(key, series);
    return series;
  }

  #labelText(valueOf: (name: string) => string): string {
    return (this.#options.labels ?? [])
      .map((name) => `${name}="${escaped(valueOf(name))}"`)
      .join(",");
  }
}

/** Makes an empty registry. */
export function createMetrics(): Metrics {
  const metrics = new Map<string, Metric>();
  const refreshes: (() => void)[] = [];
  const add = (name: string, metric: Metric): Metric => {
    if (metrics.has(name)) throw new TypeError(`Cannot add metric ${name} twice`);
    metrics.set(name, metric);
    return metric;
  };
  return {
    counter: (name, options) => add(name, new Metric(name, "counter", options)),
    gauge: (name, options) => add(name, new Metric(name, "gauge", options)),
    histogram: (name, options) => add(name, new Metric(name, "histogram", options)),
    onCollect: (refresh) => refreshes.push(refresh),
    text: () => {
      for (const refresh of refreshes) refresh();
      return [...metrics.values()].map((metric) => metric.text()).join("");
    },
  };
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/gu, "\\\\").replace(/\n/gu, "\\n").replace(/"/gu, '\\"');
}

function numeral(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

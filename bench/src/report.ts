/** One figure of a benchmark. */
export interface Figure {
  readonly metric: string;
  /** The median, unless the metric says otherwise. */
  readonly value: number;
  readonly unit: string;
  readonly p50: number;
  readonly p99: number;
  /** Measurements taken. */
  readonly runs: number;
  /** What it was measured against in the same run; empty without one. */
  readonly peer: string;
  /** Ours to the peer's; null without a peer. */
  readonly ratio: number | null;
  /** The most it may be, in `unit`; null without a budget. */
  readonly budget: number | null;
  readonly withinBudget: boolean | null;
}

/** What a benchmark prints as its last line with `--json`. */
export interface BenchReport {
  readonly bench: string;
  readonly results: readonly Figure[];
}

/**
 * A figure from its measurements, in any order; at least one.
 *
 * @param options.peer - Measurements of something comparable, made in the same run.
 */
export function figureOf(
  metric: string,
  unit: string,
  measured: readonly number[],
  options: {
    readonly budget?: number;
    readonly peer?: { readonly name: string; readonly measured: readonly number[] };
  } = {},
): Figure {
  const p50 = quantile(measured, 0.5);
  const { budget = null, peer } = options;
  return {
    metric,
    value: p50,
    unit,
    p50,
    p99: quantile(measured, 0.99),
    runs: measured.length,
    peer: peer?.name ?? "",
    ratio: peer === undefined ? null : round(p50 / quantile(peer.measured, 0.5)),
    budget,
    withinBudget: budget === null ? null : quantile(measured, 0.99) <= budget,
  };
}

/** The value that a share of all values does not exceed (nearest rank); NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? Number.NaN : round(value);
}

/** A table for people. */
export function drawReport({ bench, results }: BenchReport): string {
  const rows = [
    ["metric", "p50", "p99", "unit", "runs", "budget", "peer", "ratio"],
    ...results.map((figure) => [
      figure.metric,
      String(figure.p50),
      String(figure.p99),
      figure.unit,
      String(figure.runs),
      figure.budget === null ? "" : `${figure.budget} ${figure.withinBudget === true ? "✔" : "✖"}`,
      figure.peer,
      figure.ratio === null ? "" : String(figure.ratio),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [`bench ${bench}`, ...lines].join("\n");
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

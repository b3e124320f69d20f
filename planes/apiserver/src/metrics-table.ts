import { column, nameColumn, nameOf } from "./cell.ts";
import type { Printer } from "./column.ts";
import { listAt, textAt } from "./field.ts";

const columns = [
  nameColumn,
  column("CPU", "Processors used, in cores."),
  column("Memory", "Memory used."),
  column("Window", "How long it was measured."),
];

/** Prints NodeMetrics. */
export const nodeMetricsPrinter: Printer = {
  columns,
  cells: (metrics) =>
    cellsOf(metrics, [textAt(metrics, "usage", "cpu")], [textAt(metrics, "usage", "memory")]),
};

/** Prints PodMetrics: the sum of the containers. */
export const podMetricsPrinter: Printer = {
  columns,
  cells: (metrics) => {
    const containers = listAt(metrics, "containers");
    const all = (what: string): string[] =>
      containers.map((container) => textAt(container, "usage", what));
    return cellsOf(metrics, all("cpu"), all("memory"));
  },
};

function cellsOf(
  metrics: unknown,
  cpu: readonly string[],
  memory: readonly string[],
): readonly string[] {
  const sum = (texts: readonly string[]): number =>
    texts.reduce((total, text) => total + (Number.parseInt(text, 10) || 0), 0);
  return [nameOf(metrics), `${sum(cpu)}n`, `${sum(memory)}Ki`, textAt(metrics, "window")];
}

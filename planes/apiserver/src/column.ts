/**
 * A column of a table, as `kubectl get` shows it.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** `name` for the column of names; definitions may say others. */
  readonly format: string;
  readonly description: string;
  /** Columns above 0 are shown by `-o wide` only. */
  readonly priority: number;
}

type Cell = string | number | boolean | null;

/** A condition of a row, such as that its pod has completed. */
export interface RowCondition {
  readonly type: "Completed";
  readonly status: "True";
  readonly reason: string;
  readonly message: string;
}

export interface Row {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly RowCondition[];
}

/** How the objects of one kind look in a table. */
export interface Printer {
  readonly columns: readonly Column[];
  readonly cells: (object: unknown, nowMs: number) => readonly Cell[];
  readonly conditions?: (object: unknown) => readonly RowCondition[];
}

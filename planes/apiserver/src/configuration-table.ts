/** Rows of maps, secrets, accounts and namespaces, and of every kind without columns. */

import { ageColumn, column, integerColumn, nameColumn, nameOf, objectAge } from "./cell.ts";
import type { Printer } from "./column.ts";
import { listAt, mapAt, textAt } from "./field.ts";

export const configMapPrinter: Printer = {
  columns: [nameColumn, integerColumn("Data", "Entries."), ageColumn],
  cells: (map, nowMs) => [nameOf(map), countOf(map, "data", "binaryData"), objectAge(map, nowMs)],
};

export const secretPrinter: Printer = {
  columns: [
    nameColumn,
    column("Type", "What it is for."),
    integerColumn("Data", "Entries."),
    ageColumn,
  ],
  cells: (secret, nowMs) => [
    nameOf(secret),
    textAt(secret, "type"),
    countOf(secret, "data"),
    objectAge(secret, nowMs),
  ],
};

export const serviceAccountPrinter: Printer = {
  columns: [nameColumn, integerColumn("Secrets", "Secrets of the account."), ageColumn],
  cells: (account, nowMs) => [
    nameOf(account),
    listAt(account, "secrets").length,
    objectAge(account, nowMs),
  ],
};

export const namespacePrinter: Printer = {
  columns: [nameColumn, column("Status", "Whether it is in use or on its way out."), ageColumn],
  cells: (namespace, nowMs) => [
    nameOf(namespace),
    textAt(namespace, "status", "phase"),
    objectAge(namespace, nowMs),
  ],
};

/** For a kind that has no columns of its own. */
export const plainPrinter: Printer = {
  columns: [nameColumn, ageColumn],
  cells: (object, nowMs) => [nameOf(object), objectAge(object, nowMs)],
};

function countOf(object: unknown, ...members: readonly string[]): number {
  return members.reduce((sum, member) => sum + Object.keys(mapAt(object, member)).length, 0);
}

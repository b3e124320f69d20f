/** Columns, and the cells that many kinds share. */

import type { Column } from "./column.ts";
import { listAt, textAt, textsAt } from "./field.ts";
import { ageOf } from "./timestamp.ts";

/** The column of names that every table starts with. */
export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name of the object, unique within its namespace.",
  priority: 0,
};

/** The column of ages. */
export const ageColumn: Column = column("Age", "Time since the object was created.");

/** A column of text that is always shown. */
export function column(name: string, description: string): Column {
  return { name, type: "string", format: "", description, priority: 0 };
}

/** A column of whole numbers that is always shown. */
export function integerColumn(name: string, description: string): Column {
  return { ...column(name, description), type: "integer" };
}

/** A column that is shown by `-o wide` only. */
export function wideColumn(name: string, description: string): Column {
  return { ...column(name, description), priority: 1 };
}

/** The name of an object. */
export function nameOf(object: unknown): string {
  return textAt(object, "metadata", "name");
}

/** The age of an object. */
export function objectAge(object: unknown, nowMs: number): string {
  return ageOf(textAt(object, "metadata", "creationTimestamp") || undefined, nowMs);
}

/** The names and the images of containers, each joined by commas. */
export function containerCells(podSpec: unknown): readonly [string, string] {
  const containers = listAt(podSpec, "containers");
  return [
    containers.map((container) => textAt(container, "name")).join(","),
    containers.map((container) => textAt(container, "image")).join(","),
  ];
}

/** A map of labels as a selector writes it; `<none>` if it is empty. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.toSorted().join(",");
}

/** A LabelSelector object in the form that `-l` takes; `<none>` if it selects everything. */
export function selectorText(selector: unknown): string {
  const equalities = Object.entries(textsAt(selector, "matchLabels"))
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
  const expressions = listAt(selector, "matchExpressions").map(expressionText);
  return [...equalities, ...expressions].join(",") || "<none>";
}

function expressionText(expression: unknown): string {
  const key = textAt(expression, "key");
  const values = listAt(expression, "values").map(String).toSorted().join(",");
  switch (textAt(expression, "operator")) {
    case "In":
      return `${key} in (${values})`;
    case "NotIn":
      return `${key} notin (${values})`;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return key;
  }
}

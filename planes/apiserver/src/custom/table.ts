/**
 * The tables of custom resources: the columns that their definition adds.
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/registry/customresource/tableconvertor.
 */
import type { CustomVersion } from "@beemesh/model";
import { isJsonObject, type Json } from "@beemesh/wire";
import { nameColumn, nameOf } from "../cell.ts";
import type { Column, Printer } from "../column.ts";
import { listAt, numberAt, textAt } from "../field.ts";
import { ageOf } from "../timestamp.ts";
import { find, parseJsonPath, valueText } from "./json-path.ts";

type Cell = string | number | boolean | null;

const printers = new WeakMap<CustomVersion, Printer>();

/** The printer of a custom resource. */
export function customPrinter(custom: CustomVersion): Printer {
  const known = printers.get(custom);
  if (known !== undefined) return known;
  const made = printerOf(listAt(custom.version, "additionalPrinterColumns"));
  printers.set(custom, made);
  return made;
}

const ageCreated = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
};

function printerOf(said: readonly unknown[]): Printer {
  const columns = said.length === 0 ? [ageCreated] : said;
  const paths = columns.map((column) => parseJsonPath(textAt(column, "jsonPath")) ?? []);
  return {
    columns: [nameColumn, ...columns.map(columnOf)],
    cells: (object, nowMs) => [
      nameOf(object),
      ...columns.map((column, index) => {
        const [first] = isJsonObject(object) ? find(paths[index] ?? [], object) : [];
        return cellOf(textAt(column, "type"), first, nowMs);
      }),
    ],
  };
}

function columnOf(column: unknown): Column {
  const path = textAt(column, "jsonPath");
  const type = textAt(column, "type");
  return {
    name: textAt(column, "name"),
    type: isColumnType(type) ? type : "string",
    format: textAt(column, "format"),
    description:
      textAt(column, "description") ||
      `Custom resource definition column (in JSONPath format): ${path}`,
    priority: numberAt(column, "priority"),
  };
}

function isColumnType(type: string): type is Column["type"] {
  return ["boolean", "date", "integer", "number", "string"].includes(type);
}

function cellOf(type: string, value: Json | undefined, nowMs: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "string":
      return valueText(value);
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageOf(value, nowMs) : null;
    default:
      return null;
  }
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { resources } from "@beemesh/model";
import { plainPrinter } from "./configuration-table.ts";
import { printerOf, rowOf } from "./printer.ts";

test("every kind has a cell for each of its columns, even of an empty object", () => {
  for (const resource of resources) {
    const printer = printerOf(resource);
    const { cells } = rowOf(printer, {}, 0);
    assert.equal(cells.length, printer.columns.length, resource.name);
  }
});

test("a kind without columns of its own shows name and age; a row its conditions", () => {
  assert.equal(printerOf({ name: "widgets", group: "example.com" }), plainPrinter);
  const row = rowOf(printerOf({ name: "pods", group: "" }), { status: { phase: "Failed" } }, 0);
  assert.equal(row.conditions?.[0]?.type, "Completed");
});

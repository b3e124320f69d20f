import assert from "node:assert/strict";
import { test } from "node:test";
import type { CustomVersion } from "@beemesh/model";
import { customPrinter } from "./table.ts";

function printerWith(...columns: readonly object[]): ReturnType<typeof customPrinter> {
  const custom: CustomVersion = {
    definition: { apiVersion: "", kind: "", metadata: { name: "" } },
    version: JSON.parse(JSON.stringify({ additionalPrinterColumns: columns })),
    storageVersion: "v1",
    isServed: true,
    listKind: "",
    schema: {},
    deprecation: undefined,
  };
  return customPrinter(custom);
}

const object = { metadata: { name: "a" }, spec: { n: 2.5, t: true, l: [1], s: "x" } };

test("a column shows what is of its type, and nothing else", () => {
  const column = (type: string, member: string): object => ({
    name: type,
    type,
    jsonPath: `.spec.${member}`,
  });
  const printer = printerWith(
    column("string", "l"),
    column("integer", "n"),
    column("number", "n"),
    column("boolean", "t"),
    column("boolean", "s"),
    column("date", "s"),
    column("string", "none"),
  );
  assert.deepEqual(printer.cells(object, 0), ["a", "[1]", 2, 2.5, true, null, "<unknown>", null]);
});

test("without columns the age is shown", () => {
  const printer = printerWith();
  assert.deepEqual(
    printer.columns.map(({ name }) => name),
    ["Name", "Age"],
  );
});

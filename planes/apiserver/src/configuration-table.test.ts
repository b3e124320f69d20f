import assert from "node:assert/strict";
import { test } from "node:test";
import {
  configMapPrinter,
  namespacePrinter,
  plainPrinter,
  secretPrinter,
  serviceAccountPrinter,
} from "./configuration-table.ts";

const metadata = { name: "x", creationTimestamp: "1970-01-01T00:00:00Z" };

test("configuration shows how much there is", () => {
  const map = { metadata, data: { a: "1", b: "2" }, binaryData: { c: "" } };
  assert.deepEqual(configMapPrinter.cells(map, 0), ["x", 3, "0s"]);
  const secret = { metadata, type: "Opaque", data: { a: "" } };
  assert.deepEqual(secretPrinter.cells(secret, 0), ["x", "Opaque", 1, "0s"]);
  assert.deepEqual(serviceAccountPrinter.cells({ metadata, secrets: [{}] }, 0), ["x", 1, "0s"]);
  assert.deepEqual(namespacePrinter.cells({ metadata, status: { phase: "Active" } }, 0), [
    "x",
    "Active",
    "0s",
  ]);
  assert.deepEqual(plainPrinter.cells({}, 0), ["", "<unknown>"]);
});

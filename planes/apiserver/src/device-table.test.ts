import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceClaimPrinter, deviceSlicePrinter } from "./device-table.ts";

const metadata = { name: "a", creationTimestamp: "2026-01-01T00:00:00Z" };
const nowMs = Date.parse("2026-01-01T00:00:05Z");

test("a claim waits, has devices, is used, or goes", () => {
  const state = (claim: object): unknown =>
    deviceClaimPrinter.cells({ metadata, ...claim }, nowMs)[1];
  const leaving = { metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:04Z" } };
  const status = { allocation: {}, reservedFor: [{ uid: "u" }] };
  assert.equal(state({}), "pending");
  assert.equal(state({ status: { allocation: {} } }), "allocated");
  assert.equal(state({ status }), "allocated,reserved");
  assert.equal(state(leaving), "deleted");
  assert.equal(state({ ...leaving, status }), "deleted,allocated,reserved");
});

test("a slice is a driver's, of a pool, and may be of one machine", () => {
  const spec = { driver: "d.example", pool: { name: "p" }, nodeName: "m1" };
  const cells = (slice: object): unknown => deviceSlicePrinter.cells({ metadata, ...slice }, nowMs);
  assert.deepEqual(cells({ spec }), ["a", "m1", "d.example", "p", "5s"]);
  assert.deepEqual(cells({ spec: { ...spec, nodeName: undefined } }), [
    "a",
    "<unset>",
    "d.example",
    "p",
    "5s",
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventPrinter } from "./event-table.ts";

const nowMs = Date.parse("2026-01-01T00:10:00Z");

test("an event shows when, what, to whom, and by whom", () => {
  const event = {
    metadata: { name: "web.1" },
    type: "Warning",
    reason: "BackOff",
    message: "again ",
    involvedObject: { kind: "Pod", name: "web", fieldPath: "spec.containers{a}" },
    source: { component: "pods", host: "ann" },
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:09:00Z",
    count: 7,
  };
  assert.deepEqual(eventPrinter.cells(event, nowMs), [
    "60s",
    "Warning",
    "BackOff",
    "pod/web",
    "spec.containers{a}",
    "pods, ann",
    "again",
    "10m",
    7,
    "web.1",
  ]);
});

test("an event of the newer form tells the same", () => {
  const event = { eventTime: "2026-01-01T00:00:00Z", reportingComponent: "pods" };
  const cells = eventPrinter.cells(event, nowMs);
  assert.deepEqual([cells[0], cells[5], cells[7], cells[8]], ["10m", "pods", "10m", 1]);
  const series = { lastObservedTime: "2026-01-01T00:09:00Z", count: 3 };
  assert.deepEqual(eventPrinter.cells({ ...event, series }, nowMs)[0], "60s");
  assert.equal(eventPrinter.cells({}, nowMs)[0], "<unknown>");
});

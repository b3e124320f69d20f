import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeMetricsPrinter, podMetricsPrinter } from "./metrics-table.ts";

test("a pod uses what its containers use together, a node what it says", () => {
  const metadata = { name: "a" };
  const usage = { cpu: "10n", memory: "3Ki" };
  const node = { metadata, usage, window: "15s" };
  assert.deepEqual(nodeMetricsPrinter.cells(node, 0), ["a", "10n", "3Ki", "15s"]);
  const pod = { metadata, containers: [{ usage }, { usage }], window: "15s" };
  assert.deepEqual(podMetricsPrinter.cells(pod, 0), ["a", "20n", "6Ki", "15s"]);
  assert.deepEqual(podMetricsPrinter.cells({ metadata }, 0), ["a", "0n", "0Ki", ""]);
});

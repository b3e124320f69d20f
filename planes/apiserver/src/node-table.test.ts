import assert from "node:assert/strict";
import { test } from "node:test";
import { nodePrinter } from "./node-table.ts";

function cells(node: object): readonly unknown[] {
  const found = nodePrinter.cells(node, Date.parse("2026-01-02T00:00:00Z"));
  assert.equal(found.length, nodePrinter.columns.length);
  return found;
}

test("a node says whether it is ready, takes pods, what it is for and what it runs", () => {
  const labels = { "node-role.kubernetes.io/edge": "", "kubernetes.io/role": "db" };
  const node = {
    metadata: { name: "ann", labels, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      nodeInfo: { kubeletVersion: "v1", osImage: "Debian" },
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
    },
  };
  assert.deepEqual(cells(node), [
    "ann",
    "Ready,SchedulingDisabled",
    "db,edge",
    "24h",
    "v1",
    "10.0.0.1",
    "<none>",
    "Debian",
    "<unknown>",
    "<unknown>",
  ]);
});

test("a node that has said nothing, or is silent, is not ready", () => {
  assert.equal(cells({})[1], "Unknown");
  const conditions = [{ type: "Ready", status: "Unknown" }];
  assert.equal(cells({ status: { conditions } })[1], "NotReady");
  assert.equal(cells({})[2], "<none>");
});

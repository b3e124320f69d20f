import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFailure, describePreemption } from "./failure.ts";

test("describeFailure speaks as kube-scheduler does, reasons in order", () => {
  const reasons = new Map([
    ["node(s) were unschedulable", 1],
    ["Insufficient cpu", 2],
  ]);
  assert.equal(
    describeFailure(reasons, 3),
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.",
  );
  assert.equal(describeFailure(new Map(), 2), "0/2 nodes are available: no node answered.");
});

test("says in kube-scheduler's words that nobody could make room either", () => {
  const why =
    "preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
  assert.equal(describePreemption(3), why);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { valueAt } from "@beemesh/model";
import { completedPod, podFault } from "./pod-admission.ts";
import { podWith, quotaOf, rangeOf } from "./test-objects.ts";

const ranges = [
  rangeOf({ type: "Container", default: { cpu: "1" }, defaultRequest: { cpu: "1" } }),
];

test("a pod that is completed by a LimitRange states what a quota asks for", () => {
  const balances = [{ quota: quotaOf({ "requests.cpu": "1" }), used: new Map() }];
  const bare = podWith([{}]);
  assert.match(podFault(bare, { ranges: [], balances }), /^failed quota/u);
  const completed = completedPod(bare, { ranges, classes: [], runtimes: [] });
  assert(completed.ok);
  assert.equal(valueAt(completed.pod, ["spec", "priority"]), 0);
  assert.equal(podFault(completed.pod, { ranges, balances }), "");
});

test("a LimitRange speaks before a quota", () => {
  const narrow = [rangeOf({ type: "Container", max: { cpu: "1" } })];
  const balances = [{ quota: quotaOf({ pods: "0" }), used: new Map() }];
  const pod = podWith([{ limits: { cpu: "2" } }]);
  assert.match(podFault(pod, { ranges: narrow, balances }), /^maximum cpu usage/u);
  assert.match(podFault(pod, { ranges: [], balances }), /^exceeded quota/u);
});

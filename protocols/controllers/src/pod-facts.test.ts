import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "@beemesh/model";
import { availableInMs, countPods, isLost } from "./pod-facts.ts";
import { timestampOf } from "./timestamp.ts";

function pod(ready: "True" | "False", sinceMs = 0): Pod {
  const lastTransitionTime = timestampOf(sinceMs);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [], nodeName: "ann" },
    status: { conditions: [{ type: "Ready", status: ready, lastTransitionTime }] },
  };
}

test("a pod is available when it has been ready long enough", () => {
  assert.equal(availableInMs(pod("False"), 0, 0), Infinity);
  assert.equal(availableInMs(pod("True"), 0, 0), 0);
  assert.equal(availableInMs(pod("True", 10_000), 30, 15_000), 25_000);
  assert.equal(availableInMs(pod("True", 10_000), 30, 40_000), 0);
  const pods = [pod("True", 0), pod("True", 9000), pod("False")];
  assert.deepEqual(countPods(pods, 10, 10_000), { ready: 2, available: 1, nextInMs: 9000 });
});

test("a pod is lost on a dead machine, or when it has ended", () => {
  const members = { rankOf: () => 0, isAlive: (machine: string) => machine === "ann" };
  assert.equal(isLost(pod("True"), members), false);
  assert.equal(isLost({ ...pod("True"), status: { phase: "Failed" } }, members), true);
  const stranded = { ...pod("True"), spec: { containers: [], nodeName: "bob" } };
  assert.equal(isLost(stranded, members), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "@beemesh/model";
import { asClone, cloneWaitMs, made } from "./clones.ts";
import { replacesAnnotation } from "./settlement.ts";
import { viewOf } from "./sight.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "default", uid: "U" },
  spec: { containers: [], nodeName: "m1" },
};

test("a pod that is made now says so", () => {
  const { metadata } = made(pod, viewOf({ wallMs: 5000 }).now);
  assert.deepEqual([metadata.creationTimestamp, metadata.generation], ["1970-01-01T00:00:05Z", 1]);
});

test("a clone names whom it replaces, and each one waits longer than the one before", () => {
  const waits: number[] = [];
  let lost = made(pod, viewOf().now);
  for (let round = 0; round < 4; round += 1) {
    waits.push(cloneWaitMs(lost, viewOf()));
    const clone = asClone({ ...lost, metadata: { ...lost.metadata, uid: `U${round}` } }, lost, {
      cause: "pod-lost",
      now: viewOf().now,
    });
    assert.equal(clone.metadata.annotations?.[replacesAnnotation], lost.metadata.uid);
    lost = clone;
  }
  assert.deepEqual(waits, [0, 2000, 4000, 8000]);
});

test("nobody waits for a machine that is dead, or after a long life", () => {
  const lost = asClone(made(pod, viewOf().now), pod, {
    cause: "machine-lost",
    now: viewOf().now,
  });
  assert.equal(cloneWaitMs(lost, viewOf({ isAlive: () => false })), 0);
  assert.equal(cloneWaitMs(lost, viewOf({ wallMs: 600_000 })), 0);
});

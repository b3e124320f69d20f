import assert from "node:assert/strict";
import { test } from "node:test";
import { disruptedStatus, withPodCondition } from "./pod-condition.ts";

const wallMs = Date.UTC(2026, 0, 1);

test("a condition takes the place of the one of its type, whose time it keeps if it agrees", () => {
  const ready = { type: "Ready", status: "True", lastTransitionTime: "then" } as const;
  const other = { type: "Other", status: "True" } as const;
  const status = { phase: "Running", conditions: [ready, other] } as const;
  const again = withPodCondition({ status }, { type: "Ready", status: "True" }, wallMs);
  assert.deepEqual(again, {
    phase: "Running",
    conditions: [
      other,
      { type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: "then" },
    ],
  });
  const [, changed] =
    withPodCondition({ status }, { type: "Ready", status: "False" }, wallMs).conditions ?? [];
  assert.equal(changed?.lastTransitionTime, "2026-01-01T00:00:00Z");
});

test("a pod that is sent away says by whom", () => {
  const { conditions } = disruptedStatus({}, { reason: "Preempted", message: "m" }, wallMs);
  assert.deepEqual(conditions, [
    {
      type: "DisruptionTarget",
      status: "True",
      reason: "Preempted",
      message: "m",
      lastProbeTime: null,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ]);
});

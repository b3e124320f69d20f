import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { AutoscalerReport, metricStatus } from "./autoscaler-report.ts";

const wallMs = Date.UTC(2026, 0, 1);
const earlier = "2025-01-01T00:00:00Z";
const object: KubeObject = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "web" },
  status: {
    desiredReplicas: 2,
    currentMetrics: [{ type: "Resource" }],
    conditions: [
      { type: "AbleToScale", status: "True", lastTransitionTime: earlier, reason: "A" },
      { type: "ScalingActive", status: "True", lastTransitionTime: earlier, reason: "B" },
    ],
  },
};

describe("AutoscalerReport", () => {
  test("keeps the time of a condition that stays, and the place of all", () => {
    const report = new AutoscalerReport(object, wallMs);
    report.condition("ScalingActive", "False", { reason: "C", message: "" });
    report.condition("AbleToScale", "True", { reason: "D", message: "" });
    report.condition("ScalingLimited", "False", { reason: "E", message: "" });
    const { conditions } = report.status({});
    const now = "2026-01-01T00:00:00Z";
    assert.deepEqual(conditions, [
      {
        type: "AbleToScale",
        status: "True",
        lastTransitionTime: earlier,
        reason: "D",
        message: "",
      },
      { type: "ScalingActive", status: "False", lastTransitionTime: now, reason: "C", message: "" },
      {
        type: "ScalingLimited",
        status: "False",
        lastTransitionTime: now,
        reason: "E",
        message: "",
      },
    ]);
  });

  test("leaves of the status what is not given, and tells when it was scaled", () => {
    const report = new AutoscalerReport(object, wallMs);
    const { conditions: _before, ...kept } = report.status({ current: 1 });
    const currentMetrics = [{ type: "Resource" }];
    assert.deepEqual(kept, { desiredReplicas: 2, currentReplicas: 1, currentMetrics });
    const { conditions: _, ...told } = report.status({ desired: 3, metrics: [], isRescaled: true });
    assert.deepEqual(told, { desiredReplicas: 3, lastScaleTime: "2026-01-01T00:00:00Z" });
  });
});

test("a metric shows the average, and the share if that is its target", () => {
  const target = { kind: "average", millis: 1 } as const;
  const memory = { resource: "memory", container: "", target };
  const measured = { ok: true, replicas: 1, averageMillis: 47_185_920_000 } as const;
  assert.deepEqual(metricStatus({ kind: "Resource", ...memory }, measured), {
    type: "Resource",
    resource: { name: "memory", current: { averageValue: "47185920" } },
  });
  const cpu = { kind: "ContainerResource", resource: "cpu", container: "web", target } as const;
  assert.deepEqual(metricStatus(cpu, { ...measured, averageMillis: 250, utilization: 25 }), {
    type: "ContainerResource",
    containerResource: {
      name: "cpu",
      container: "web",
      current: { averageValue: "250m", averageUtilization: 25 },
    },
  });
});

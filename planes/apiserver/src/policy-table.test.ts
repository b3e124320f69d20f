import assert from "node:assert/strict";
import { test } from "node:test";
import { printerOf } from "./printer.ts";

function cells(name: string, group: string, object: object): readonly unknown[] {
  return printerOf({ name, group }).cells({ metadata: { name: "a" }, ...object }, 0);
}

test("a quota shows what is used of what there is, limits apart", () => {
  const hard = { pods: "5", "limits.cpu": "2", cpu: "1" };
  const row = cells("resourcequotas", "", { status: { hard, used: { pods: "3" } } });
  assert.deepEqual(row, ["a", "cpu: 0/1, pods: 3/5", "limits.cpu: 0/2", "<unknown>"]);
});

test("an autoscaler shows each metric's value and target", () => {
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "web" },
    maxReplicas: 4,
    metrics: [
      { type: "Resource", resource: { name: "cpu", target: { averageUtilization: 80 } } },
      { type: "Pods", pods: { target: { averageValue: "10" } } },
      { type: "External", external: { target: { value: "1" } } },
    ],
  };
  const currentMetrics = [{ type: "Resource", resource: { current: { averageUtilization: 7 } } }];
  const status = { currentReplicas: 2, currentMetrics };
  assert.deepEqual(cells("horizontalpodautoscalers", "autoscaling", { spec, status }), [
    "a",
    "Deployment/web",
    "cpu: 7%/80%, <unknown>/10 + 1 more...",
    "<unset>",
    4,
    2,
    "<unknown>",
  ]);
});

test("a budget shows numbers and shares", () => {
  const row = cells("poddisruptionbudgets", "policy", { spec: { minAvailable: "50%" } });
  assert.deepEqual(row, ["a", "50%", "N/A", 0, "<unknown>"]);
});

test("an address names what has it; a policy binding its parameters", () => {
  const parentRef = { resource: "services", namespace: "shop", name: "web" };
  const address = cells("ipaddresses", "networking.k8s.io", { spec: { parentRef } });
  assert.equal(address[1], "services/shop/web");
  const binding = cells("validatingadmissionpolicybindings", "admissionregistration.k8s.io", {
    spec: { policyName: "p", paramRef: { selector: {} } },
  });
  assert.deepEqual(binding, ["a", "p", "*/*", "<unknown>"]);
});

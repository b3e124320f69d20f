import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { readAutoscaler } from "./autoscaler.ts";

function read(spec: JsonObject) {
  const object: KubeObject = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: "shop" },
    spec,
  };
  return readAutoscaler(object);
}

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const basic = { scaleTargetRef, maxReplicas: 5 };

describe("readAutoscaler", () => {
  test("takes what is not said as Kubernetes does", () => {
    const { behavior, ...rest } = read(basic) ?? {};
    assert.deepEqual(rest, { target: scaleTargetRef, min: 1, max: 5, metrics: [] });
    assert.equal(behavior?.scaleUp.stabilizationWindowSeconds, 0);
    assert.equal(behavior.scaleDown.stabilizationWindowSeconds, 300);
    assert.deepEqual(
      [behavior.scaleUp.policies.length, behavior.scaleDown.policies.length],
      [2, 1],
    );
    assert.equal(behavior.scaleUp.tolerance, 0.1);
  });

  test("reads metrics that machines measure", () => {
    const cpu = { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } };
    const memory = { name: "memory", target: { type: "AverageValue", averageValue: "1500m" } };
    const metrics = [
      { type: "Resource", resource: cpu },
      { type: "ContainerResource", containerResource: { ...memory, container: "web" } },
    ];
    assert.deepEqual(read({ ...basic, metrics })?.metrics, [
      {
        kind: "Resource",
        resource: "cpu",
        container: "",
        target: { kind: "utilization", percent: 70 },
      },
      {
        kind: "ContainerResource",
        resource: "memory",
        container: "web",
        target: { kind: "average", millis: 1500 },
      },
    ]);
  });

  test("says of metrics that nobody serves what Kubernetes says without an adapter", () => {
    const metric = { name: "rate" };
    const described = { kind: "Service", name: "shop" };
    const metrics = [
      { type: "Pods", pods: { metric } },
      { type: "Object", object: { metric, describedObject: described } },
      { type: "External", external: { metric } },
    ];
    const unable = (api: string): string => `unable to fetch metrics from ${api} metrics API`;
    const custom = `${unable("custom")}: no custom metrics API (custom.metrics.k8s.io) registered`;
    const missing = "the server could not find the requested resource";
    const external = `${unable("external")}: ${missing} (get rate.external.metrics.k8s.io)`;
    const found = read({ ...basic, metrics })?.metrics ?? [];
    assert.deepEqual(
      found.map((each) => ("what" in each ? each.what : "")),
      [
        `unable to get metric rate: ${custom}`,
        `unable to get metric rate: Service on shop shop/${custom}`,
        `unable to get external metric shop/rate/nil: ${external}`,
      ],
    );
  });

  test("reads rules, and leaves what says nothing", () => {
    const policies = [{ type: "Pods", value: 1, periodSeconds: 30 }];
    const scaleDown = {
      selectPolicy: "Disabled",
      stabilizationWindowSeconds: 10,
      tolerance: "20m",
    };
    const rules = read({ ...basic, behavior: { scaleUp: { policies }, scaleDown } })?.behavior;
    assert.deepEqual(rules?.scaleUp.policies, policies);
    assert.equal(rules.scaleDown.selectPolicy, "Disabled");
    assert.equal(rules.scaleDown.stabilizationWindowSeconds, 10);
    assert.equal(rules.scaleDown.tolerance, 0.02);
    assert.equal(read({ maxReplicas: 1 }), undefined);
  });
});

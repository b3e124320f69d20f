/** A HorizontalPodAutoscaler, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import type { MachineUsage } from "@beemesh/ports";
import { isJsonObject, type JsonObject } from "@beemesh/wire";
import { autoscalerResource, podResource, replicaSetResource } from "./kinds.ts";
import { Village } from "./village.ts";

const labels = { app: "web" };

function replicaSet(replicas: number): KubeObject {
  const resources = { requests: { cpu: "1" } };
  const containers = [{ name: "main", image: "nginx:1", resources }];
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", uid: "R", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

function autoscaler(spec: JsonObject = {}): KubeObject {
  const target = { type: "Utilization", averageUtilization: 50 };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: "default", uid: "A" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web" },
      minReplicas: 1,
      maxReplicas: 6,
      metrics: [{ type: "Resource", resource: { name: "cpu", target } }],
      ...spec,
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A village whose pods all use so much, in thousandths of a core. */
class Stage {
  readonly village: Village;
  millis: number | undefined = 500;
  asked = 0;

  constructor(replicas = 2) {
    this.village = new Village({
      machines: 3,
      usageOf: (machines, wallMs) => this.#usageOf(machines, wallMs),
    });
    this.village.apply(replicaSet(replicas));
    this.village.pass(600_000);
  }

  #usageOf(machines: readonly string[], wallMs: number): readonly MachineUsage[] {
    this.asked += 1;
    const { millis } = this;
    if (millis === undefined) return [];
    const used = { name: "main", cpuNanocores: millis * 1_000_000, memoryBytes: 1 };
    const pods = this.village
      .list(podResource)
      .map(({ metadata }) => ({ uid: metadata.uid ?? "", containers: [used] }));
    const whole = { windowMs: 1000, cpuNanocores: 0, memoryBytes: 0 };
    return machines.map((machine) => ({ machine, wallMs, ...whole, pods }));
  }

  get replicas(): unknown {
    const spec = this.village.list(replicaSetResource)[0]?.spec;
    return isJsonObject(spec) ? spec["replicas"] : undefined;
  }

  get status(): JsonObject {
    const status = this.village.list(autoscalerResource)[0]?.status;
    assert(isJsonObject(status));
    return status;
  }

  /** A condition as `status reason`. */
  condition(type: string): string {
    const { conditions } = this.status;
    const found = (Array.isArray(conditions) ? conditions : []).find(
      (each) => isJsonObject(each) && each["type"] === type,
    );
    return isJsonObject(found) ? `${textOf(found["status"])} ${textOf(found["reason"])}` : "";
  }

  /** What Events of the autoscaler say. */
  events(reason: string): readonly string[] {
    const head = `${reason} HorizontalPodAutoscaler/web: `;
    return this.village.log.flatMap((line) =>
      line.startsWith(head) ? [line.slice(head.length)] : [],
    );
  }
}

describe("a HorizontalPodAutoscaler", () => {
  test("lets a workload grow with its use, by what policies allow, up to its most", () => {
    const stage = new Stage(2);
    stage.millis = 900;
    stage.village.apply(autoscaler({ maxReplicas: 5 }));
    stage.village.pass(1000);
    assert.equal(stage.replicas, 4);
    const reason = "cpu resource utilization (percentage of request) above target";
    assert.deepEqual(stage.events("SuccessfulRescale"), [`New size: 4; reason: ${reason}`]);
    assert.equal(stage.condition("AbleToScale"), "True SucceededRescale");
    assert.equal(stage.condition("ScalingActive"), "True ValidMetricFound");
    stage.village.pass(600_000);
    assert.equal(stage.replicas, 5);
    assert.equal(stage.condition("ScalingLimited"), "True TooManyReplicas");
    assert.deepEqual(stage.status["currentMetrics"], [
      {
        type: "Resource",
        resource: { name: "cpu", current: { averageUtilization: 90, averageValue: "900m" } },
      },
    ]);
  });

  test("lets it shrink when it was idle for five minutes, and not before", () => {
    const stage = new Stage(4);
    stage.village.apply(autoscaler());
    stage.village.pass(2000);
    stage.millis = 100;
    stage.village.pass(280_000);
    assert.equal(stage.replicas, 4);
    assert.equal(stage.condition("AbleToScale"), "True ScaleDownStabilized");
    stage.village.pass(60_000);
    assert.equal(stage.replicas, 1);
    assert.match(stage.events("SuccessfulRescale").at(-1) ?? "", /All metrics below target/u);
  });

  test("brings a workload within its bounds without asking for its use", () => {
    const stage = new Stage(2);
    stage.millis = undefined;
    stage.village.apply(autoscaler({ minReplicas: 3 }));
    stage.village.pass(10_000);
    assert.equal(stage.replicas, 3);
    assert.match(stage.events("SuccessfulRescale")[0] ?? "", /below Spec.MinReplicas/u);
  });

  test("leaves alone what is switched off", () => {
    const stage = new Stage(0);
    stage.village.apply(autoscaler());
    stage.village.pass(60_000);
    assert.equal(stage.replicas, 0);
    assert.equal(stage.condition("ScalingActive"), "False ScalingDisabled");
  });

  test("says why it cannot tell, and changes nothing", () => {
    const stage = new Stage(2);
    stage.millis = undefined;
    stage.village.apply(autoscaler());
    stage.village.pass(10_000);
    assert.equal(stage.replicas, 2);
    assert.equal(stage.condition("ScalingActive"), "False FailedGetResourceMetric");
    const missing = "no metrics returned from resource metrics API";
    const unable = `unable to get metrics for resource cpu: ${missing}`;
    const why = `failed to get cpu utilization: ${unable}`;
    assert.deepEqual(stage.events("FailedGetResourceMetric"), [why]);
    const first = `first error is: failed to get cpu resource metric value: ${why}`;
    assert.deepEqual(stage.events("FailedComputeMetricsReplicas"), [
      `invalid metrics (1 invalid out of 1), ${first}`,
    ]);
  });

  test("with a metric that nobody serves grows by the others, and does not shrink", () => {
    const stage = new Stage(2);
    stage.millis = 900;
    const target = { type: "AverageValue", averageValue: "500m" };
    const metrics = [
      { type: "Pods", pods: { metric: { name: "rate" } } },
      { type: "Resource", resource: { name: "cpu", target } },
    ];
    stage.village.apply(autoscaler({ metrics }));
    stage.village.pass(10_000);
    assert.equal(stage.replicas, 4);
    assert.equal(stage.condition("ScalingActive"), "True ValidMetricFound");
    stage.millis = 10;
    stage.village.pass(900_000);
    assert.equal(stage.replicas, 4);
    assert.equal(stage.condition("ScalingActive"), "False FailedGetPodsMetric");
  });

  test("tells that its target is not there", () => {
    const stage = new Stage(1);
    const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "gone" };
    stage.village.apply(autoscaler({ scaleTargetRef }));
    stage.village.pass(1000);
    assert.equal(stage.condition("AbleToScale"), "False FailedGetScale");
    assert.deepEqual(stage.events("FailedGetScale"), ['deployments/scale.apps "gone" not found']);
  });

  test("is looked at by its first keeper alone, and by the next when that is gone", () => {
    const stage = new Stage(2);
    stage.village.apply(autoscaler());
    stage.village.pass(60_000);
    assert.equal(stage.asked, 4, "once at first, then every 15 seconds");
    const keeper = stage.village.trace
      .find((line) => line.includes("measure "))
      ?.match(/ m(?<index>\d) /u)?.groups?.["index"];
    stage.village.crash(Number(keeper));
    const before = stage.asked;
    stage.village.pass(30_000);
    assert(stage.asked > before, "another asks");
  });
});

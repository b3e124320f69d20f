import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

function causes(apiVersion: string, kind: string, rest: object): readonly string[] {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource, kind);
  const metadata = { name: "a", ...(resource.namespaced ? { namespace: "n" } : {}) };
  const whole = defaults(resource, { apiVersion, kind, metadata, ...rest });
  return validate(resource, whole).map(({ field, message }) => `${field}: ${message}`);
}

const labels = { app: "a" };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: "c", image: "i" }] },
};
const spec = { selector: { matchLabels: labels }, template, serviceName: "s" };

describe("rules for controllers", () => {
  test("controllers of only a name lack selector and containers", () => {
    for (const kind of ["Deployment", "StatefulSet", "DaemonSet"]) {
      assert.deepEqual(causes("apps/v1", kind, {}), [
        "spec.selector: Required value",
        "spec.template.spec.containers: Required value",
      ]);
    }
    assert.deepEqual(causes("v1", "ReplicationController", {}), [
      "spec.selector: Required value",
      "spec.template: Required value",
    ]);
  });

  test("whole ones pass", () => {
    for (const kind of ["StatefulSet", "DaemonSet"]) {
      assert.deepEqual(causes("apps/v1", kind, { spec }), []);
    }
    assert.deepEqual(causes("v1", "ReplicationController", { spec: { template } }), []);
  });

  test("selectors are not empty and match", () => {
    assert.deepEqual(causes("apps/v1", "DaemonSet", { spec: { ...spec, selector: {} } }), [
      "spec.selector: Invalid value: {}: empty selector is invalid for daemonset",
    ]);
    const rule = '{"app":"a"}: `selector` does not match template `labels`';
    assert.deepEqual(
      causes("v1", "ReplicationController", { spec: { selector: { b: "c" }, template } }),
      [`spec.template.metadata.labels: Invalid value: ${rule}`],
    );
  });

  test("strategies fit together", () => {
    const updateStrategy = { type: "OnDelete", rollingUpdate: { partition: 1 } };
    assert.match(
      causes("apps/v1", "StatefulSet", { spec: { ...spec, updateStrategy } })[0] ?? "",
      /only allowed for updateStrategy 'RollingUpdate'$/u,
    );
    const other = { ...spec, updateStrategy: { type: "X" }, podManagementPolicy: "Y" };
    assert.deepEqual(causes("apps/v1", "StatefulSet", { spec: other }), [
      "spec.podManagementPolicy: Invalid value: \"Y\": must be 'OrderedReady' or 'Parallel'",
      "spec.updateStrategy.type: Invalid value: \"X\": must be 'RollingUpdate' or 'OnDelete'",
    ]);
    const rolling = (rollingUpdate: object): readonly string[] =>
      causes("apps/v1", "DaemonSet", { spec: { ...spec, updateStrategy: { rollingUpdate } } });
    assert.deepEqual(rolling({ maxUnavailable: 0, maxSurge: "20%" }), []);
    assert.deepEqual(rolling({ maxUnavailable: 0 }), [
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: " +
        "cannot be 0 when maxSurge is 0",
    ]);
    assert.match(rolling({ maxSurge: 1 })[0] ?? "", /may not be set when maxUnavailable is non-/u);
  });

  test("a revision has data", () => {
    assert.deepEqual(causes("apps/v1", "ControllerRevision", { revision: 1 }), [
      "data: Required value: data is mandatory",
    ]);
  });
});

describe("rules for autoscalers", () => {
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "a" };
  const scaled = (rest: object): readonly string[] =>
    causes("autoscaling/v2", "HorizontalPodAutoscaler", { spec: { scaleTargetRef, ...rest } });

  test("they scale something, upward", () => {
    assert.deepEqual(scaled({ maxReplicas: 3 }), []);
    assert.deepEqual(scaled({ minReplicas: 4, maxReplicas: 3 }), [
      "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
    ]);
    assert.deepEqual(causes("autoscaling/v2", "HorizontalPodAutoscaler", {}), [
      "spec.maxReplicas: Required value",
      "spec.scaleTargetRef.kind: Required value",
      "spec.scaleTargetRef.name: Required value",
    ]);
  });

  test("a metric has the source that its type says, and only that", () => {
    const metrics = [{ type: "Pods", resource: { name: "cpu", target: { type: "Value" } } }];
    assert.deepEqual(scaled({ maxReplicas: 3, metrics }), [
      "spec.metrics[0].pods: Required value: " +
        "must populate information for the given metric source",
      "spec.metrics[0].resource: Forbidden: must populate the given metric source only",
    ]);
    const behavior = { scaleUp: { policies: [] } };
    assert.deepEqual(scaled({ maxReplicas: 3, behavior }), [
      "spec.behavior.scaleUp.policies: Required value: must specify at least one Policy",
    ]);
  });
});

describe("rules for budgets and priorities", () => {
  test("a budget says one of two numbers", () => {
    const budget = (rest: object): readonly string[] =>
      causes("policy/v1", "PodDisruptionBudget", { spec: rest });
    assert.deepEqual(budget({ minAvailable: "50%" }), []);
    assert.match(budget({ minAvailable: 1, maxUnavailable: 1 })[0] ?? "", /cannot be both set$/u);
    assert.deepEqual(budget({ maxUnavailable: "101%" }), [
      'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ]);
  });

  test("the highest priorities are not for users", () => {
    const priority = (rest: object): readonly string[] =>
      causes("scheduling.k8s.io/v1", "PriorityClass", rest);
    assert.deepEqual(priority({ value: 1000 }), []);
    assert.deepEqual(priority({}), []);
    assert.deepEqual(priority({ value: 1_000_000_001 }), [
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ]);
    assert.match(
      priority({ value: 1, metadata: { name: "system-x" } })[0] ?? "",
      /reserved for system use only/u,
    );
    const name = "system-node-critical";
    assert.deepEqual(priority({ value: 2_000_001_000, metadata: { name } }), []);
  });

  test("a lease lasts", () => {
    const found = causes("coordination.k8s.io/v1", "Lease", { spec: { leaseDurationSeconds: 0 } });
    assert.deepEqual(found, [
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than zero",
    ]);
  });
});

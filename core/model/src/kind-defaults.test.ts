import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { objectAt, valueAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";

function completed(apiVersion: string, kind: string, rest: object): KubeObject {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource, kind);
  const once = defaults(resource, { apiVersion, kind, metadata: { name: "a" }, ...rest });
  assert.deepEqual(defaults(resource, once), once, "defaults of what is complete change nothing");
  return once;
}

describe("defaults of controllers", () => {
  test("a StatefulSet rolls in order and keeps its claims", () => {
    assert.deepEqual(completed("apps/v1", "StatefulSet", { spec: { serviceName: "s" } }).spec, {
      serviceName: "s",
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      replicas: 1,
      revisionHistoryLimit: 10,
    });
    const manual = completed("apps/v1", "StatefulSet", {
      spec: { updateStrategy: { type: "OnDelete" } },
    });
    assert.deepEqual(objectAt(manual, "spec", "updateStrategy"), { type: "OnDelete" });
  });

  test("a DaemonSet replaces one pod after the other", () => {
    assert.deepEqual(completed("apps/v1", "DaemonSet", { spec: {} }).spec, {
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
      },
      revisionHistoryLimit: 10,
    });
  });

  test("a ReplicationController has the labels of its template", () => {
    const template = { metadata: { labels: { app: "a" } } };
    const made = completed("v1", "ReplicationController", { spec: { template } });
    assert.deepEqual(made.metadata.labels, { app: "a" });
    assert.deepEqual(valueAt(made, ["spec", "selector"]), { app: "a" });
    assert.equal(valueAt(made, ["spec", "replicas"]), 1);
  });

  test("an autoscaler looks at CPU and completes its rules", () => {
    const made = completed("autoscaling/v2", "HorizontalPodAutoscaler", {
      spec: { maxReplicas: 3, behavior: { scaleDown: { selectPolicy: "Disabled" } } },
    });
    const target = { type: "Utilization", averageUtilization: 80 };
    assert.deepEqual(made.spec, {
      maxReplicas: 3,
      minReplicas: 1,
      metrics: [{ type: "Resource", resource: { name: "cpu", target } }],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: "Max",
          policies: [
            { type: "Pods", value: 4, periodSeconds: 15 },
            { type: "Percent", value: 100, periodSeconds: 15 },
          ],
        },
        scaleDown: {
          selectPolicy: "Disabled",
          policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
        },
      },
    });
  });
});

describe("defaults of storage", () => {
  test("volumes and claims are file systems", () => {
    assert.deepEqual(completed("v1", "PersistentVolume", { spec: {} }).spec, {
      persistentVolumeReclaimPolicy: "Retain",
      volumeMode: "Filesystem",
    });
    assert.deepEqual(completed("v1", "PersistentVolumeClaim", { spec: {} }).spec, {
      volumeMode: "Filesystem",
    });
    const made = completed("storage.k8s.io/v1", "StorageClass", { provisioner: "a/b" });
    assert.equal(valueAt(made, ["volumeBindingMode"]), "Immediate");
    assert.equal(valueAt(made, ["reclaimPolicy"]), "Delete");
  });

  test("a limit range says what containers get at first", () => {
    const item = { type: "Container", max: { cpu: "2" }, min: { cpu: "1", memory: "1Mi" } };
    const made = completed("v1", "LimitRange", { spec: { limits: [item, { type: "Pod" }] } });
    assert.deepEqual(valueAt(made, ["spec", "limits"]), [
      { ...item, default: { cpu: "2" }, defaultRequest: { cpu: "2", memory: "1Mi" } },
      { type: "Pod" },
    ]);
  });
});

describe("defaults of access and extensions", () => {
  test("bindings speak of roles and users of one group", () => {
    const made = completed("rbac.authorization.k8s.io/v1", "RoleBinding", {
      roleRef: { kind: "Role", name: "r" },
      subjects: [
        { kind: "User", name: "u" },
        { kind: "ServiceAccount", name: "s" },
      ],
    });
    const apiGroup = "rbac.authorization.k8s.io";
    assert.deepEqual(valueAt(made, ["roleRef"]), { kind: "Role", name: "r", apiGroup });
    assert.deepEqual(valueAt(made, ["subjects"]), [
      { kind: "User", name: "u", apiGroup },
      { kind: "ServiceAccount", name: "s" },
    ]);
  });

  test("a webhook is asked about everything, and failing it fails the request", () => {
    const kind = "ValidatingWebhookConfiguration";
    const hook = { name: "a.b.c", clientConfig: { service: { name: "s", namespace: "n" } } };
    const made = completed("admissionregistration.k8s.io/v1", kind, {
      webhooks: [{ ...hook, rules: [{ operations: ["CREATE"] }] }],
    });
    assert.deepEqual(valueAt(made, ["webhooks"]), [
      {
        name: "a.b.c",
        clientConfig: { service: { name: "s", namespace: "n", port: 443 } },
        rules: [{ operations: ["CREATE"], scope: "*" }],
        matchPolicy: "Equivalent",
        namespaceSelector: {},
        objectSelector: {},
        failurePolicy: "Fail",
        timeoutSeconds: 10,
      },
    ]);
  });

  test("a priority level is limited", () => {
    const made = completed("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", {
      spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} } } },
    });
    assert.deepEqual(valueAt(made, ["spec", "limited"]), {
      limitResponse: { type: "Queue", queuing: { handSize: 8, queues: 64, queueLengthLimit: 50 } },
      nominalConcurrencyShares: 30,
      lendablePercent: 0,
    });
  });
});

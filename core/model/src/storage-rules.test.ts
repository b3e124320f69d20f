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

describe("rules for volumes", () => {
  const spec = {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    hostPath: { path: "/data" },
  };
  const volume = (rest: object): readonly string[] =>
    causes("v1", "PersistentVolume", { spec: { ...spec, ...rest } });

  test("a volume has modes, a size and one source", () => {
    assert.deepEqual(volume({}), []);
    assert.deepEqual(causes("v1", "PersistentVolume", {}), [
      "spec.accessModes: Required value",
      "spec.capacity: Required value",
      "spec: Required value: must specify a volume type",
    ]);
    assert.deepEqual(volume({ nfs: { server: "s", path: "/" } }), [
      "spec.nfs: Forbidden: may not specify more than 1 volume type",
    ]);
    assert.deepEqual(volume({ capacity: { storage: "0" } }), [
      'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
    ]);
    assert.match(volume({ capacity: { cpu: "1" } })[0] ?? "", /^spec\.capacity: Unsupported/u);
    const root = { hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Recycle" };
    assert.match(volume(root)[0] ?? "", /may not be 'recycle'/u);
  });

  test("a claim has modes and asks for a size", () => {
    const claim = (rest: object): readonly string[] =>
      causes("v1", "PersistentVolumeClaim", { spec: rest });
    const resources = { requests: { storage: "1Gi" } };
    assert.deepEqual(claim({ accessModes: ["ReadWriteOnce"], resources }), []);
    assert.deepEqual(claim({}), [
      "spec.accessModes: Required value: at least 1 access mode is required",
      "spec.resources[storage]: Required value",
    ]);
    assert.deepEqual(claim({ accessModes: ["ReadWriteOncePod", "ReadOnlyMany"], resources }), [
      "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
    ]);
  });

  test("a class has the name of who provides", () => {
    const found = (provisioner: string): readonly string[] =>
      causes("storage.k8s.io/v1", "StorageClass", { provisioner });
    assert.deepEqual(found("Example.com/disk"), []);
    assert.deepEqual(found(""), ["provisioner: Required value"]);
    assert.match(found("a b")[0] ?? "", /^provisioner: Invalid value: "a b"/u);
  });
});

describe("rules for limits and quotas", () => {
  test("the smaller is not larger", () => {
    const limits = [{ type: "Container", min: { cpu: "2" }, max: { cpu: "1" } }];
    assert.deepEqual(
      causes("v1", "LimitRange", { spec: { limits } })[0],
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    );
    const ofPods = [{ type: "Pod", default: { cpu: "1" } }];
    assert.deepEqual(causes("v1", "LimitRange", { spec: { limits: ofPods } }), [
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ]);
  });

  test("a quota is no less than nothing", () => {
    assert.deepEqual(causes("v1", "ResourceQuota", { spec: { hard: { pods: "0" } } }), []);
    assert.deepEqual(causes("v1", "ResourceQuota", { spec: { hard: { pods: "-1" } } }), [
      'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ]);
  });
});

test("a machine's CSINode is there before its drivers are", () => {
  assert.deepEqual(causes("storage.k8s.io/v1", "CSINode", { spec: { drivers: [] } }), []);
  assert.deepEqual(causes("storage.k8s.io/v1", "CSINode", { spec: { drivers: null } }), []);
});

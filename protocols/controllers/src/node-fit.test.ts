import assert from "node:assert/strict";
import { test } from "node:test";
import type { DaemonSet, KubeObject, PodSpec } from "@beemesh/model";
import { nodeFit } from "./node-fit.ts";

function fit(pod: Partial<PodSpec>, spec: object = {}): string {
  const set: DaemonSet = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "d", namespace: "default", uid: "D" },
    spec: { selector: {}, template: { spec: { containers: [], ...pod } } },
  };
  const metadata = { name: "n", labels: { disk: "ssd", cores: "8" } };
  const node: KubeObject = { apiVersion: "v1", kind: "Node", metadata, spec };
  return nodeFit(set, node);
}

function affine(...matchExpressions: object[]): Partial<PodSpec> {
  const nodeSelectorTerms = [{ matchExpressions }];
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } };
}

test("a node selector and a required affinity say where a pod may be", () => {
  assert.equal(fit({}), "runs");
  assert.equal(fit({ nodeSelector: { disk: "hdd" } }), "leaves");
  assert.equal(fit({ nodeName: "other" }), "leaves");
  assert.equal(fit(affine({ key: "disk", operator: "In", values: ["ssd"] })), "runs");
  assert.equal(fit(affine({ key: "disk", operator: "NotIn", values: ["ssd"] })), "leaves");
  assert.equal(fit(affine({ key: "cores", operator: "Gt", values: ["4"] })), "runs");
  assert.equal(fit(affine({ key: "cores", operator: "Lt", values: ["4"] })), "leaves");
  assert.equal(fit(affine({ key: "gpu", operator: "Exists" })), "leaves");
  assert.equal(fit(affine({ key: "gpu", operator: "DoesNotExist" })), "runs");
  assert.equal(fit(affine()), "leaves", "a term without conditions matches nothing");
});

test("taints keep new pods away or drive all out, unless they are tolerated", () => {
  const tainted = (effect: string, key = "x") => ({ taints: [{ key, value: "y", effect }] });
  assert.equal(fit({}, tainted("PreferNoSchedule")), "runs");
  assert.equal(fit({}, tainted("NoSchedule")), "stays");
  assert.equal(fit({}, tainted("NoExecute")), "leaves");
  assert.equal(fit({}, tainted("NoExecute", "node.kubernetes.io/unreachable")), "runs");
  assert.equal(fit({ tolerations: [{ operator: "Exists" }] }, tainted("NoExecute")), "runs");
  const toleration = { key: "x", operator: "Equal", value: "z" } as const;
  assert.equal(fit({ tolerations: [toleration] }, tainted("NoSchedule")), "stays");
  assert.equal(
    fit({ tolerations: [{ ...toleration, value: "y" }] }, tainted("NoSchedule")),
    "runs",
  );
});

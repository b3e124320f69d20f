import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeployment, isPod, isReplicaSet } from "./workload.ts";

test("an object is of a kind if it says so and has the heart of it", () => {
  const metadata = { name: "a" };
  const spec = { containers: [] };
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
  const workload = { apiVersion: "apps/v1", metadata, spec: { template: { spec } } };
  const deployment = { ...workload, kind: "Deployment" };
  assert(isPod(pod) && !isPod({ ...pod, spec: {} }) && !isPod(deployment));
  assert(isDeployment(deployment) && !isDeployment(pod) && !isReplicaSet(deployment));
  assert(isReplicaSet({ ...workload, kind: "ReplicaSet" }));
  assert(!isReplicaSet({ ...workload, kind: "ReplicaSet", apiVersion: "v1" }));
});

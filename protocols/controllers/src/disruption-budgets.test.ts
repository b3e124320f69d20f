/** The status of a PodDisruptionBudget, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { isJsonObject, type JsonObject } from "@beemesh/wire";
import { disruptionBudgetResource, podResource } from "./kinds.ts";
import { Village } from "./village.ts";

const labels = { app: "web" };

function replicaSet(replicas: number): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", uid: "R", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx:1" }] } },
    },
  };
}

function budget(spec: JsonObject, status?: JsonObject): KubeObject {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "keep", namespace: "default", uid: "B", generation: 3 },
    spec: { selector: { matchLabels: labels }, ...spec },
    ...(status && { status }),
  };
}

/** The status, and its only condition. */
function statusIn(village: Village): { readonly counts: JsonObject; readonly told: JsonObject } {
  const status = village.list(disruptionBudgetResource)[0]?.status;
  assert(isJsonObject(status));
  const { conditions, ...counts } = status;
  assert(Array.isArray(conditions));
  const [told, ...others] = conditions.filter(isJsonObject);
  assert(told !== undefined && others.length === 0);
  return { counts, told };
}

const condition = {
  type: "DisruptionAllowed",
  status: "True",
  reason: "SufficientPods",
  message: "",
  observedGeneration: 3,
};

describe("a PodDisruptionBudget", () => {
  test("tells what is there, what must be, and how many may go", () => {
    const village = new Village({ machines: 3 });
    village.apply(budget({ minAvailable: "50%" }));
    village.apply(replicaSet(3));
    village.pass(5000);
    const { counts, told } = statusIn(village);
    assert.deepEqual(counts, {
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
      expectedPods: 3,
      observedGeneration: 3,
    });
    const { lastTransitionTime, ...others } = told;
    assert.deepEqual(others, condition);
    assert.equal(typeof lastTransitionTime, "string");
  });

  test("follows its pods: one that goes is not healthy, and nothing may go beside it", () => {
    const village = new Village({ machines: 3 });
    village.apply(budget({ maxUnavailable: 1 }));
    village.apply(replicaSet(3));
    village.pass(5000);
    const [pod] = village.list(podResource);
    assert(pod);
    const deletionTimestamp = "2026-03-01T00:10:00Z";
    village.apply({ ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    village.pass(250);
    const { counts, told } = statusIn(village);
    assert.deepEqual([counts["currentHealthy"], counts["disruptionsAllowed"]], [2, 0]);
    assert.deepEqual([told["status"], told["reason"]], ["False", "InsufficientPods"]);
  });

  test("forgets after two minutes who was said to go and did not", () => {
    const village = new Village({ machines: 1 });
    village.apply(replicaSet(2));
    village.apply(budget({ minAvailable: 1 }));
    village.pass(5000);
    const name = village.list(podResource)[0]?.metadata.name ?? "";
    const disruptedPods = { [name]: "2026-03-01T00:00:00Z", gone: "2026-03-01T00:00:00Z" };
    village.report(budget({ minAvailable: 1 }, { disruptedPods }));
    village.pass(1000);
    const { counts: first } = statusIn(village);
    assert.deepEqual(first["disruptedPods"], { [name]: "2026-03-01T00:00:00Z" });
    assert.deepEqual([first["currentHealthy"], first["disruptionsAllowed"]], [1, 0]);
    village.pass(120_000);
    const { counts: later } = statusIn(village);
    assert.equal(later["disruptedPods"], undefined);
    assert.deepEqual([later["currentHealthy"], later["disruptionsAllowed"]], [2, 1]);
  });

  test("is told once, and not again while nothing changes", () => {
    const village = new Village({ machines: 3 });
    village.apply(budget({ minAvailable: 1 }));
    village.apply(replicaSet(1));
    village.pass(5000);
    const told = village.trace.filter((line) => line.includes("poddisruptionbudgets"));
    const before = told.length;
    village.pass(600_000);
    const after = village.trace.filter((line) => line.includes("poddisruptionbudgets")).length;
    assert(before > 0);
    assert.equal(after, before);
  });
});

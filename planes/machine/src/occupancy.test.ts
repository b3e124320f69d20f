import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type KubeObject, type Pod, type Resource } from "@beemesh/model";
import { mayPreempt, occupancyOf } from "./occupancy.ts";

function storeOf(...objects: readonly KubeObject[]) {
  const isOf = (resource: Resource) => (object: KubeObject) => object.kind === resource.kind;
  return {
    get: () => undefined,
    list: (resource: Resource) => ({ items: objects.filter(isOf(resource)), revision: "1" }),
  };
}

function podOf(uid: string, more: Partial<Pod> = {}, labels = { app: "web" }): Pod {
  const resources = { requests: { cpu: "250m", memory: "1Ki" } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: uid, namespace: "shop", uid, labels },
    spec: { priority: 7, containers: [{ name: "main", image: "i", resources }] },
    ...more,
  };
}

const budget: KubeObject = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "keep", namespace: "shop" },
  spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
  status: { disruptionsAllowed: 2 },
};

test("who is on a machine, what they have, and which budgets protect them", () => {
  const going = podOf("b", {}, { app: "other" });
  const { occupants, allowed } = occupancyOf(
    [
      podOf("a"),
      { ...going, metadata: { ...going.metadata, deletionTimestamp: "now" } },
      podOf("c", { status: { phase: "Succeeded" } }),
    ],
    storeOf(budget),
  );
  const amounts = { priority: 7, cpuMillicores: 250, memoryBytes: 1024, hostPorts: [], sinceMs: 0 };
  assert.deepEqual(occupants, [
    { uid: "a", ...amounts, isGoing: false, budgets: ["shop/keep"] },
    { uid: "b", ...amounts, isGoing: true, budgets: [] },
  ]);
  assert.deepEqual([...allowed], [["shop/keep", 2]]);
});

test("a pod takes places if there can be less important ones, and its policy allows it", () => {
  assert(findResource("scheduling.k8s.io", "priorityclasses"));
  const pod = podOf("a");
  const plain: Pod = { ...pod, spec: { containers: [] } };
  assert(mayPreempt(pod, storeOf()));
  assert(!mayPreempt(plain, storeOf()));
  const least: KubeObject = {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "least" },
    value: -5,
  };
  assert(mayPreempt(plain, storeOf(least)));
  const meek: Pod = { ...pod, spec: { ...pod.spec, preemptionPolicy: "Never" } };
  assert(!mayPreempt(meek, storeOf(least)));
});

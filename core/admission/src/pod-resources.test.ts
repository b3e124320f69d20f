/** Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isBestEffort, podResources } from "./pod-resources.ts";
import { resourcesJson } from "./resource-list.ts";
import { podWith } from "./test-objects.ts";

const asking = (cpu: string) => ({ requests: { cpu } });

test("containers are added up; an init container counts while it asks for more", () => {
  const init = (cpu: string) => ({ name: "i", resources: asking(cpu) });
  const pod = (cpu: string) => podWith([asking("1"), asking("2")], { initContainers: [init(cpu)] });
  assert.deepEqual(resourcesJson(podResources(pod("2"), "requests")), { cpu: "3" });
  assert.deepEqual(resourcesJson(podResources(pod("5"), "requests")), { cpu: "5" });
});

test("a sidecar runs beside what comes after it", () => {
  const initContainers = [
    { name: "s", restartPolicy: "Always", resources: asking("1") },
    { name: "i", resources: asking("3") },
  ];
  const pod = podWith([asking("2")], { initContainers });
  assert.deepEqual(resourcesJson(podResources(pod, "requests")), { cpu: "4" });
});

test("overhead is asked for too, and allowed where there is a limit", () => {
  const pod = podWith([{ limits: { cpu: "1" } }], { overhead: { cpu: "100m", memory: "1Mi" } });
  assert.deepEqual(resourcesJson(podResources(pod, "requests")), { cpu: "100m", memory: "1Mi" });
  assert.deepEqual(resourcesJson(podResources(pod, "limits")), { cpu: "1100m" });
});

test("best effort is who asks for neither CPU nor memory", () => {
  assert(isBestEffort(podWith([{}, { requests: { "ephemeral-storage": "1Gi" } }])));
  assert(!isBestEffort(podWith([{}, { limits: { memory: "1Gi" } }])));
});

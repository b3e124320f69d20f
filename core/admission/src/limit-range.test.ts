/** Sources: https://kubernetes.io/docs/concepts/policy/limit-range/ and the tasks that it names. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { objectsAt, valueAt } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { faultsText, limitFaults, withDefaultResources } from "./limit-range.ts";
import { objectOf, podWith, rangeOf } from "./test-objects.ts";

describe("withDefaultResources", () => {
  const range = rangeOf({
    type: "Container",
    default: { cpu: "500m", memory: "512Mi" },
    defaultRequest: { cpu: "100m", memory: "256Mi" },
  });

  test("gives each container what it lacks, and says so", () => {
    const pod = withDefaultResources(podWith([{}, { limits: { cpu: "1" } }]), [range]);
    const [first, second] = objectsAt(pod, "spec", "containers");
    assert.deepEqual(first?.["resources"], {
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    });
    assert.deepEqual(valueAt(second, ["resources", "limits"]), { cpu: "1", memory: "512Mi" });
    assert.equal(
      pod.metadata.annotations?.["kubernetes.io/limit-ranger"],
      "LimitRanger plugin set: cpu, memory request for container c0; " +
        "cpu, memory limit for container c0; cpu, memory request for container c1; " +
        "memory limit for container c1",
    );
  });

  test("leaves a pod alone that lacks nothing, or that nobody gives anything", () => {
    const whole = { requests: { cpu: "1", memory: "1" }, limits: { cpu: "1", memory: "1" } };
    const pod = podWith([whole]);
    assert.equal(withDefaultResources(pod, [range]), pod);
    assert.equal(withDefaultResources(pod, [rangeOf({ type: "Pod", max: { cpu: "1" } })]), pod);
  });

  test("counts init containers in", () => {
    const pod = podWith([], { initContainers: [{ name: "i" }] });
    const given = withDefaultResources(pod, [range]);
    assert.match(
      given.metadata.annotations?.["kubernetes.io/limit-ranger"] ?? "",
      /init container i/u,
    );
  });
});

describe("limitFaults", () => {
  const faults = (limit: JsonObject, resources: Parameters<typeof podWith>[0]) =>
    limitFaults(podWith(resources), [rangeOf(limit)]);

  test("a container has at least the minimum and at most the maximum", () => {
    const limit = { type: "Container", min: { memory: "500Mi" }, max: { memory: "1Gi" } };
    const memory = (request: string, most: string) => [
      { requests: { memory: request }, limits: { memory: most } },
    ];
    assert.deepEqual(faults(limit, memory("600Mi", "800Mi")), []);
    assert.deepEqual(faults(limit, memory("800Mi", "1536Mi")), [
      "maximum memory usage per Container is 1Gi, but limit is 1536Mi",
    ]);
    assert.deepEqual(faults(limit, memory("100Mi", "800Mi")), [
      "minimum memory usage per Container is 500Mi, but request is 100Mi",
    ]);
    assert.deepEqual(faults(limit, [{}]), [
      "minimum memory usage per Container is 500Mi.  No request is specified",
      "maximum memory usage per Container is 1Gi.  No limit is specified",
    ]);
  });

  test("a limit is no more than so many times the request", () => {
    const limit = { type: "Container", maxLimitRequestRatio: { cpu: "2" } };
    const rule = "cpu max limit to request ratio per Container is 2";
    const cpu = (request: string, most: string) => [
      { requests: { cpu: request }, limits: { cpu: most } },
    ];
    assert.deepEqual(faults(limit, cpu("1", "2")), []);
    assert.deepEqual(faults(limit, cpu("1", "3")), [`${rule}, but provided ratio is 3.000000`]);
    assert.deepEqual(faults(limit, [{}]), [`${rule}, but no request is specified or request is 0`]);
    assert.deepEqual(faults(limit, [{ requests: { cpu: "1" } }]), [
      `${rule}, but no limit is specified or limit is 0`,
    ]);
  });

  test("a pod is held to the sum of its containers", () => {
    const one = { limits: { cpu: "2" } };
    assert.deepEqual(faults({ type: "Pod", max: { cpu: "3" } }, [one, one]), [
      "maximum cpu usage per Pod is 3, but limit is 4",
    ]);
  });

  test("a claim is held to what it asks for", () => {
    const range = rangeOf({
      type: "PersistentVolumeClaim",
      min: { storage: "1Gi" },
      max: { storage: "2Gi" },
    });
    const claim = (storage: string) =>
      objectOf("v1", "PersistentVolumeClaim", "data", { resources: { requests: { storage } } });
    assert.deepEqual(limitFaults(claim("1Gi"), [range]), []);
    assert.deepEqual(limitFaults(claim("500Mi"), [range]), [
      "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi",
    ]);
    assert.deepEqual(limitFaults(claim("5Gi"), [range]), [
      "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi",
    ]);
  });

  test("several faults are one text, each once", () => {
    assert.equal(faultsText(["a"]), "a");
    assert.equal(faultsText(["a", "b"]), "[a, b]");
    const limit = { type: "Container", max: { cpu: "1" } };
    assert.equal(faults(limit, [{}, {}]).length, 1);
  });
});

/** Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matchingNames, missingText, usageOf } from "./quota-usage.ts";
import { resourcesJson } from "./resource-list.ts";
import { objectOf, podWith } from "./test-objects.ts";

const pods = { group: "", name: "pods" };
const usage = (...args: Parameters<typeof usageOf>) => resourcesJson(usageOf(...args));

describe("usageOf", () => {
  const pod = podWith([
    { requests: { cpu: "1", "example.com/gpu": "2" }, limits: { memory: "1Gi" } },
  ]);

  test("a pod takes what it asks for, under each name that a quota may use", () => {
    assert.deepEqual(usage(pods, pod), {
      "count/pods": "1",
      cpu: "1",
      "limits.memory": "1Gi",
      pods: "1",
      "requests.cpu": "1",
      "requests.example.com/gpu": "2",
    });
  });

  test("a pod that has ended is only there", () => {
    assert.deepEqual(usage(pods, { ...pod, status: { phase: "Failed" } }), { "count/pods": "1" });
  });

  test("a Service takes its ports of nodes and of load balancers", () => {
    const services = { group: "", name: "services" };
    const of = (type: string, rest = {}) =>
      usage(services, objectOf("v1", "Service", "web", { type, ports: [{}, {}], ...rest }));
    const counts = { "count/services": "1", services: "1" };
    assert.deepEqual(of("ClusterIP"), {
      ...counts,
      "services.loadbalancers": "0",
      "services.nodeports": "0",
    });
    assert.equal(of("NodePort")["services.nodeports"], "2");
    assert.deepEqual(of("LoadBalancer"), {
      ...counts,
      "services.loadbalancers": "1",
      "services.nodeports": "2",
    });
    assert.equal(
      of("LoadBalancer", { allocateLoadBalancerNodePorts: false })["services.nodeports"],
      "0",
    );
  });

  test("a claim takes storage, of its class too", () => {
    const claims = { group: "", name: "persistentvolumeclaims" };
    const spec = { storageClassName: "gold", resources: { requests: { storage: "5Gi" } } };
    assert.deepEqual(usage(claims, objectOf("v1", "PersistentVolumeClaim", "d", spec)), {
      "count/persistentvolumeclaims": "1",
      "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
      "gold.storageclass.storage.k8s.io/requests.storage": "5Gi",
      persistentvolumeclaims: "1",
      "requests.storage": "5Gi",
    });
  });

  test("any other object counts, by its plain name only if that is an old one", () => {
    const of = (group: string, name: string) =>
      usage({ group, name }, objectOf("v1", "X", "x", {}));
    assert.deepEqual(of("", "secrets"), { "count/secrets": "1", secrets: "1" });
    assert.deepEqual(of("example.com", "widgets"), { "count/widgets.example.com": "1" });
  });
});

test("matchingNames are those of which this kind can take something", () => {
  const names = ["pods", "requests.storage", "requests.nvidia.com/gpu", "limits.cpu", "services"];
  assert.deepEqual(matchingNames(pods, names), ["pods", "requests.nvidia.com/gpu", "limits.cpu"]);
  const claims = { group: "", name: "persistentvolumeclaims" };
  assert.deepEqual(matchingNames(claims, names), ["requests.storage"]);
  const gold = "gold.storageclass.storage.k8s.io/requests.storage";
  assert.deepEqual(matchingNames(claims, [gold]), [gold]);
});

test("missingText names what each container has to state", () => {
  const pod = podWith([{ requests: { cpu: "1" } }, {}]);
  assert.equal(
    missingText(pod, ["requests.cpu", "limits.memory", "pods"]),
    "limits.memory for: c0,c1; requests.cpu for: c1",
  );
});

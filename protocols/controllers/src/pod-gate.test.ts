import assert from "node:assert/strict";
import { test } from "node:test";
import { isPod, type KubeObject, type Pod, textAt, valueAt } from "@beemesh/model";
import { limitRangeResource, podResource, resourceQuotaResource } from "./kinds.ts";
import { PodGate, tellingRefusal } from "./pod-gate.ts";
import { Shelf } from "./shelf.ts";

function podNamed(name: string, spec: object = {}): Pod {
  const pod: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", uid: name },
    spec: { containers: [{ name: "c", image: "i" }], ...spec },
  };
  assert(isPod(pod));
  return pod;
}

function recordOf(kind: string, spec: object): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name: "r", namespace: "shop", uid: kind }, spec };
}

test("a pod gets what a LimitRange gives, and its priority", () => {
  const store = new Shelf();
  const limits = [{ type: "Container", defaultRequest: { cpu: "1" }, default: { cpu: "1" } }];
  store.putSpec(limitRangeResource, recordOf("LimitRange", { limits }));
  const entry = new PodGate(store).admit(podNamed("a"));
  assert(entry.ok);
  const [container] = entry.pod.spec.containers;
  assert.deepEqual(container?.resources?.requests, { cpu: "1" });
  assert.equal(valueAt(entry.pod, ["spec", "priority"]), 0);
});

test("a quota lets in so many, those that are on their way included", () => {
  const store = new Shelf();
  store.putSpec(resourceQuotaResource, recordOf("ResourceQuota", { hard: { pods: "2" } }));
  const gate = new PodGate(store);
  const letsIn = (name: string) => gate.admit(podNamed(name)).ok;
  assert.deepEqual(["a", "b", "c"].map(letsIn), [true, true, false]);
  gate.settle();
  store.putSpec(podResource, podNamed("a"));
  assert.deepEqual(["b", "c"].map(letsIn), [true, false]);
  const refused = gate.admit(podNamed("c"));
  assert(!refused.ok);
  assert.equal(
    refused.message,
    'pods "c" is forbidden: exceeded quota: r, requested: pods=1, used: pods=2, limited: pods=2',
  );
});

test("what takes the place of another of its name takes no more than that", () => {
  const store = new Shelf();
  store.putSpec(resourceQuotaResource, recordOf("ResourceQuota", { hard: { pods: "1" } }));
  store.putSpec(podResource, podNamed("a"));
  assert(
    new PodGate(store).admit({
      ...podNamed("a"),
      metadata: { name: "a", namespace: "shop", uid: "z" },
    }).ok,
  );
});

test("an unknown PriorityClass is told in the words of the API", () => {
  const entry = new PodGate(new Shelf()).admit(podNamed("a", { priorityClassName: "nope" }));
  assert(!entry.ok);
  const message = 'pods "a" is forbidden: no PriorityClass with name nope was found';
  assert.equal(entry.message, message);
  const [effect] = tellingRefusal(podNamed("a"), message).effects;
  assert.equal(textAt(effect, "reason"), "FailedCreate");
});

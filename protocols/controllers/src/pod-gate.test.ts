import assert from "node:assert/strict";
import { test } from "node:test";
import { judgingResources } from "@beemesh/admission";
import { instantAt } from "@beemesh/base";
import { isPod, type KubeObject, type Pod, type Resource, textAt, valueAt } from "@beemesh/model";
import {
  limitRangeResource,
  namespaceResource,
  podResource,
  resourceQuotaResource,
} from "./kinds.ts";
import { isOfJudges, PodGate, refusing, tellingRefusal } from "./pod-gate.ts";
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
  gate.settle(instantAt(1));
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

function hooksFor(labels: Record<string, string>): KubeObject {
  const rules = [
    { apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] },
  ];
  const namespaceSelector = { matchLabels: labels };
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "m", uid: "M" },
    webhooks: [{ name: "m.example.com", rules, namespaceSelector }],
  };
  return configuration;
}

function homeWith(labels: Record<string, string>): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", uid: "N", labels } };
}

test("asks only where somebody may have a say, as the labels of the namespace are by now", () => {
  const store = new Shelf();
  const gate = new PodGate(store);
  const [mutating] = judgingResources;
  assert(mutating);
  store.putSpec(namespaceResource, homeWith({}));
  store.putSpec(mutating, hooksFor({ judged: "yes" }));
  assert(!gate.isJudged("shop"));
  assert(gate.admit(podNamed("a")).ok);
  store.putSpec(namespaceResource, homeWith({ judged: "yes" }));
  gate.settle(instantAt(1));
  const entry = gate.admit(podNamed("b"));
  assert(!entry.ok);
  assert.equal(entry.message, "");
  const [ask] = refusing(podNamed("set"), entry);
  assert.deepEqual(
    ask?.effects.map(({ kind }) => kind),
    ["admit"],
  );
  const told = refusing(podNamed("set"), { ...entry, message: "no" }, "Cannot");
  assert.deepEqual(
    told.flatMap(({ effects }) => effects.map((effect) => textAt(effect, "message"))),
    ["", "Cannot: no"],
  );
  gate.close();
});

test("only what decides who judges is a change of that", () => {
  const [mutating] = judgingResources;
  assert(mutating);
  const isOne = (resource: Resource, before: KubeObject, object: KubeObject): boolean =>
    isOfJudges({ kind: "modified", resource, before, object, revision: "1" });
  const hooks = hooksFor({});
  assert(isOne(mutating, hooks, hooksFor({ a: "b" })));
  assert(!isOne(mutating, hooks, { ...hooks, status: {} }));
  assert(isOne(namespaceResource, homeWith({}), homeWith({ a: "b" })));
  assert(!isOne(namespaceResource, homeWith({}), { ...homeWith({}), status: {} }));
  assert(!isOne(podResource, podNamed("a"), podNamed("b")));
});

test("an unknown PriorityClass is told in the words of the API", () => {
  const entry = new PodGate(new Shelf()).admit(podNamed("a", { priorityClassName: "nope" }));
  assert(!entry.ok);
  const message = 'pods "a" is forbidden: no PriorityClass with name nope was found';
  assert.equal(entry.message, message);
  const [effect] = tellingRefusal(podNamed("a"), message).effects;
  assert.equal(textAt(effect, "reason"), "FailedCreate");
});

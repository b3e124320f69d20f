import assert from "node:assert/strict";
import { test } from "node:test";
import { type KubeObject, mutatorsAnnotation, type Pod } from "@beemesh/model";
import { mutationOf } from "./mutation.ts";

function podWith(note: string): Pod {
  const annotations = { [mutatorsAnnotation]: note };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", namespace: "shop", annotations },
    spec: { containers: [] },
  };
}

function hooksOf(name: string, labels?: Record<string, string>): KubeObject {
  const rules = [
    { apiGroups: [""], apiVersions: ["*"], resources: ["pods"], operations: ["CREATE"] },
  ];
  const namespaceSelector = labels === undefined ? {} : { matchLabels: labels };
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name },
    webhooks: [{ name: "hook.example.com", rules, namespaceSelector }],
  };
  return configuration;
}

function mutation(note: string, ...hooks: readonly KubeObject[]) {
  const home: KubeObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "shop", labels: { inject: "yes" } },
  };
  return mutationOf(podWith(note), {
    get: (_, __, name) => [home, ...hooks].find(({ metadata }) => metadata.name === name),
    list: () => ({ items: hooks, revision: "1" }),
  });
}

const missing = (name: string) => ({
  collection: "mutatingwebhookconfigurations.admissionregistration.k8s.io/-",
  name,
});

test("a pod without a note was changed by nobody", () => {
  const nobody = { isNoted: false, isAllowed: false, missing: undefined };
  assert.deepEqual(mutation("", hooksOf("a")), nobody);
});

test("all who have changed a pod have to be known, and to speak of its namespace", () => {
  const allowed = { isNoted: true, isAllowed: true, missing: undefined };
  const note = "a/hook.example.com,b/hook.example.com";
  assert.deepEqual(mutation(note, hooksOf("a"), hooksOf("b", { inject: "yes" })), allowed);
  const refused = { ...allowed, isAllowed: false };
  assert.deepEqual(mutation(note, hooksOf("a"), hooksOf("b", { inject: "no" })), refused);
  assert.deepEqual(mutation(note, hooksOf("a")), { ...refused, missing: missing("b") });
  assert.deepEqual(mutation("a/none.example.com", hooksOf("a")), refused);
});

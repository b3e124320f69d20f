import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type KubeObject, mutatorsAnnotation, type Resource } from "@beemesh/model";
import { type JsonObject } from "@beemesh/wire";
import {
  judgingResources,
  mayJudgePods,
  mayMutatePods,
  mutatorsNote,
  mutatorsOf,
} from "./reach.ts";

type Records = Parameters<typeof mayJudgePods>[0];

/** What a store holds, by the plural names of the kinds. */
function storeOf(records: Readonly<Record<string, readonly KubeObject[]>>): Records {
  const home: KubeObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "shop", labels: { team: "a" } },
  };
  const all: Readonly<Record<string, readonly KubeObject[]>> = { ...records, namespaces: [home] };
  const itemsOf = ({ name }: Resource): readonly KubeObject[] => all[name] ?? [];
  return {
    list: (resource) => ({ items: itemsOf(resource), revision: "1" }),
    get: (resource, _, name) => itemsOf(resource).find(({ metadata }) => metadata.name === name),
  };
}

const ruled = (more: JsonObject = {}): JsonObject => ({
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["pods"],
  operations: ["CREATE"],
  ...more,
});

function hooksOf(rule: JsonObject, more: JsonObject = {}): KubeObject {
  const webhooks = [{ name: "side.example.com", rules: [rule], ...more }];
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "side" },
    webhooks,
  };
  return configuration;
}

function isJudged(plural: string, ...objects: readonly KubeObject[]): boolean {
  return mayJudgePods(storeOf({ [plural]: objects }), "shop");
}

test("nobody judges where there is nothing that does", () => {
  assert(!mayJudgePods(storeOf({}), "shop"));
  assert.equal(judgingResources.length, 4);
  assert.equal(
    judgingResources[0],
    findResource("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
  );
});

test("webhooks of both sorts judge pods if a rule speaks of new ones", () => {
  for (const plural of ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]) {
    const judges = (more: JsonObject): boolean => isJudged(plural, hooksOf(ruled(more)));
    assert(judges({}));
    assert(judges({ apiGroups: ["*"], resources: ["*/*"], operations: ["*"] }));
    assert(judges({ resources: ["services", "pods/*"], scope: "Namespaced" }));
    assert(!judges({ operations: ["UPDATE"] }));
    assert(!judges({ apiGroups: ["apps"] }));
    assert(!judges({ resources: ["pods/exec"] }));
    assert(!judges({ scope: "Cluster" }));
  }
});

test("the labels of the namespace decide; a selector that nobody can read takes none", () => {
  const selects = (namespaceSelector: JsonObject): boolean =>
    isJudged("mutatingwebhookconfigurations", hooksOf(ruled(), { namespaceSelector }));
  const byKey = (operator: string, ...values: readonly string[]): JsonObject => ({
    matchExpressions: [{ key: "team", operator, values }],
  });
  assert(selects({}));
  assert(selects({ matchLabels: { team: "a" } }));
  assert(!selects({ matchLabels: { team: "b" } }));
  assert(selects(byKey("In", "a", "b")));
  assert(!selects(byKey("NotIn", "a")));
  assert(!selects(byKey("DoesNotExist")));
  assert(!selects(byKey("Resembles", "a")));
});

test("a policy judges where it is bound", () => {
  const policy = {
    ...hooksOf(ruled()),
    metadata: { name: "few" },
    spec: { matchConstraints: { resourceRules: [ruled()] } },
  };
  const bound = (policyName: string): boolean =>
    mayJudgePods(
      storeOf({
        validatingadmissionpolicies: [policy],
        validatingadmissionpolicybindings: [{ ...policy, spec: { policyName } }],
      }),
      "shop",
    );
  assert(bound("few"));
  assert(!bound("others"));
  assert(!isJudged("validatingadmissionpolicies", policy));
});

test("a note names webhooks, which count while they are there and speak of the namespace", () => {
  const mutator = { configuration: "side", webhook: "side.example.com" };
  const note = mutatorsNote([mutator, { configuration: "b", webhook: "c" }]);
  assert.equal(note, "side/side.example.com,b/c");
  const metadata = { name: "p", annotations: { [mutatorsAnnotation]: note } };
  const pod = { apiVersion: "v1", kind: "Pod", metadata };
  assert.deepEqual(mutatorsOf(pod), [mutator, { configuration: "b", webhook: "c" }]);
  assert.deepEqual(mutatorsOf({ ...pod, metadata: { name: "p" } }), []);
  const counts = (hooks: KubeObject): boolean =>
    mayMutatePods(storeOf({ mutatingwebhookconfigurations: [hooks] }), "shop", mutator);
  assert(counts(hooksOf(ruled())));
  assert(!counts(hooksOf(ruled(), { name: "other.example.com" })));
  assert(!counts(hooksOf(ruled({ operations: ["DELETE"] }))));
  const namespaceSelector = { matchLabels: { team: "b" } };
  assert(!counts(hooksOf(ruled(), { namespaceSelector })));
  assert(!mayMutatePods(storeOf({}), "shop", mutator));
});

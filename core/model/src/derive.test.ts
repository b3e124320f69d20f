import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { mutatorsAnnotation } from "./derivation.ts";
import {
  derivePod,
  isDerivedFrom,
  isPlacedBy,
  podTemplateHash,
  replicaSetOf,
  slotName,
  slotOf,
  workloadName,
} from "./derive.ts";
import { matches, selectorOf } from "./label-selector.ts";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

const deployments = resourceOfKind("apps/v1", "Deployment");
const replicaSets = resourceOfKind("apps/v1", "ReplicaSet");
const pods = resourceOfKind("v1", "Pod");
assert(deployments && replicaSets && pods);

const deployment = defaults(deployments, {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "web",
    namespace: "default",
    uid: "u1",
    annotations: { note: "x", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
  },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" }, annotations: { a: "b" } },
      spec: {
        containers: [{ name: "web", image: "web:1", resources: { limits: { cpu: "1" } } }],
      },
    },
  },
});
const replicaSet = replicaSetOf(deployment);
const pod = derivePod(replicaSet, 2, "p1");

describe("replicaSetOf", () => {
  test("is valid, named by its template, and selects its own pods alone", () => {
    assert.deepEqual(validate(replicaSets, replicaSet), []);
    const hash = podTemplateHash(deployment.spec && replicaSet.spec.template);
    assert.equal(replicaSet.metadata.name, `web-${hash}`);
    assert.deepEqual(replicaSet.metadata.annotations, { note: "x" });
    assert.equal(replicaSet.spec.replicas, 3);
    assert(matches(selectorOf(replicaSet.spec.selector), pod.metadata.labels));
    assert(!matches(selectorOf(replicaSet.spec.selector), { app: "web" }));
  });

  test("is the same for everybody, and another for another template", () => {
    assert.deepEqual(replicaSetOf(structuredClone(deployment)), replicaSet);
    const scaled = { ...deployment, spec: { ...Object(deployment.spec), replicas: 5 } };
    assert.equal(replicaSetOf(scaled).metadata.name, replicaSet.metadata.name);
    const template = { spec: { containers: [{ name: "web", image: "web:2" }] } };
    const changed = { ...deployment, spec: { ...Object(deployment.spec), template } };
    assert.notEqual(replicaSetOf(changed).metadata.name, replicaSet.metadata.name);
    assert.notEqual(replicaSetOf(changed).metadata.uid, replicaSet.metadata.uid);
  });
});

describe("derivePod", () => {
  test("is a valid pod with a computed name, its labels, its owner and its defaults", () => {
    assert.deepEqual(validate(pods, pod), []);
    assert.equal(pod.metadata.name, slotName(replicaSet, 2));
    assert.match(pod.metadata.name, /^web-[a-z0-9]{10}-[a-z0-9]{5}$/u);
    assert.equal(pod.metadata.labels?.["pod-template-hash"], replicaSet.metadata.name.slice(4));
    assert.deepEqual(pod.metadata.ownerReferences, [
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: replicaSet.metadata.name,
        uid: replicaSet.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    assert.deepEqual(pod.spec.containers[0]?.resources?.requests, { cpu: "1" });
    assert.equal(slotOf(pod), 2);
  });
});

describe("isDerivedFrom", () => {
  const meta = (metadata: object): KubeObject => ({
    ...pod,
    metadata: { ...pod.metadata, ...metadata },
  });
  const spec = (change: object): KubeObject => ({ ...pod, spec: { ...pod.spec, ...change } });

  test("holds for a derived pod, bound or marked too", () => {
    assert(isDerivedFrom(pod, replicaSet));
    assert(isDerivedFrom(spec({ nodeName: "n1" }), replicaSet));
    const annotations = { ...pod.metadata.annotations, "beemesh.io/bound-at": "x" };
    assert(isDerivedFrom(meta({ annotations, creationTimestamp: "x", uid: "p2" }), replicaSet));
  });

  for (const [title, object] of [
    ["another image", spec({ containers: [{ ...pod.spec.containers[0], image: "evil" }] })],
    ["one field more", spec({ hostNetwork: true })],
    ["another name", meta({ name: "web" })],
    [
      "another slot",
      meta({ annotations: { ...pod.metadata.annotations, "beemesh.io/slot": "3" } }),
    ],
    ["no slot", meta({ annotations: {} })],
    ["no owner", meta({ ownerReferences: [] })],
    ["another namespace", meta({ namespace: "kube-system" })],
    ["a label less", meta({ labels: { app: "web" } })],
  ] as const) {
    test(`does not hold with ${title}`, () => assert(!isDerivedFrom(object, replicaSet)));
  }

  test("holds with what the namespace of a pod gives it", () => {
    const account = { serviceAccountName: "default", serviceAccount: "default" };
    const given = { ...account, imagePullSecrets: [{ name: "s" }] };
    assert(isDerivedFrom(spec(given), replicaSet));
    assert(!isDerivedFrom(spec({ ...given, overhead: { cpu: "1" } }), replicaSet));
    assert(!isDerivedFrom(spec({ ...account, serviceAccountName: "admin" }), replicaSet));
  });

  test("no template says which webhooks have changed its pods", () => {
    const template = replicaSet.spec.template;
    const metadata = { ...template.metadata, annotations: { [mutatorsAnnotation]: "a/b", a: "b" } };
    const copied = { ...replicaSet.spec, template: { ...template, metadata } };
    const { annotations } = derivePod({ ...replicaSet, spec: copied }, 2, "p1").metadata;
    assert.deepEqual(annotations, pod.metadata.annotations);
  });

  test("a place holds whatever runs there", () => {
    assert(isPlacedBy(spec({ hostNetwork: true }), replicaSet));
    const { annotations } = pod.metadata;
    assert(isPlacedBy(meta({ annotations: { ...annotations, a: "other" } }), replicaSet));
    assert(!isPlacedBy(meta({ annotations: { a: "b" } }), replicaSet));
    assert(!isPlacedBy(meta({ labels: { app: "web" } }), replicaSet));
    assert(!isPlacedBy(meta({ ownerReferences: [] }), replicaSet));
    assert(!isPlacedBy(replicaSet, replicaSet));
  });

  test("does not hold for another ReplicaSet, or what is none", () => {
    const other = { ...replicaSet, metadata: { ...replicaSet.metadata, uid: "u9" } };
    assert(!isDerivedFrom(pod, other));
    assert(!isDerivedFrom(pod, deployment));
    assert(!isDerivedFrom(replicaSet, replicaSet));
  });
});

test("a workload is named by its deployment, its other owner, or the pod", () => {
  assert.equal(workloadName(pod), "default/web");
  const { labels: _labels, ...metadata } = pod.metadata;
  assert.equal(workloadName({ ...pod, metadata }), `default/${replicaSet.metadata.name}`);
  assert.equal(workloadName({ ...pod, metadata: { name: "a", namespace: "b" } }), "b/a");
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Deployment,
  deriveJobPod,
  derivePod,
  type Job,
  type Pod,
  type ReplicaSet,
  replicaSetOf,
} from "@beemesh/model";
import { checkChain } from "./chain.ts";

const deployment: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default", uid: "D" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "nginx:1" }] },
    },
  },
};
const replicaSet = withUid(replicaSetOf(deployment));
const pod: Pod = derivePod(replicaSet, 0, "P");

function withUid(object: ReplicaSet): ReplicaSet {
  return { ...object, metadata: { ...object.metadata, uid: "R" } };
}

function image(name: string): Deployment {
  const { template } = deployment.spec;
  const spec = { containers: [{ name: "web", image: name }] };
  return { ...deployment, spec: { ...deployment.spec, template: { ...template, spec } } };
}

function reasonOf(...chain: Parameters<typeof checkChain>): string {
  const verdict = checkChain(...chain);
  return verdict.ok ? "ok" : verdict.reason;
}

describe("checkChain", () => {
  test("accepts a bare pod, a derived pod wherever it was placed", () => {
    assert.equal(reasonOf({ ...pod, metadata: { name: "bare" } }), "ok");
    assert.equal(reasonOf(pod, replicaSet, deployment), "ok");
    const placed = { ...pod, spec: { ...pod.spec, nodeName: "ann" } };
    assert.equal(reasonOf(placed, replicaSet, deployment), "ok");
  });

  test("accepts an earlier revision, whose template the Deployment no longer has", () => {
    assert.equal(reasonOf(pod, replicaSet, image("nginx:2")), "ok");
  });

  test("refuses a pod that asks for more than its template", () => {
    const evil = { ...pod, spec: { containers: [{ name: "web", image: "evil" }] } };
    assert.match(reasonOf(evil, replicaSet, deployment), /differs from its ReplicaSet/u);
    const labelled = { ...pod, metadata: { ...pod.metadata, labels: { app: "db" } } };
    assert.match(reasonOf(labelled, replicaSet, deployment), /differs from its ReplicaSet/u);
  });

  test("accepts what a webhook may have changed, but no other place, owner or label", () => {
    const changed = { ...pod, spec: { containers: [{ name: "web", image: "changed" }] } };
    assert.equal(reasonOf(changed, replicaSet, deployment, true), "ok");
    for (const metadata of [
      { ...pod.metadata, labels: { app: "db" } },
      { ...pod.metadata, name: "other" },
      { ...pod.metadata, annotations: { "beemesh.io/slot": "7" } },
    ]) {
      const moved = { ...changed, metadata };
      assert.match(reasonOf(moved, replicaSet, deployment, true), /differs from its/u);
    }
    const twin = { ...replicaSet, metadata: { ...replicaSet.metadata, uid: "R2" } };
    assert.match(reasonOf(changed, twin, deployment, true), /another ReplicaSet/u);
  });

  test("refuses a ReplicaSet that only claims its Deployment", () => {
    const other = withUid(replicaSetOf(image("evil")));
    const forged = { ...replicaSet, spec: { ...replicaSet.spec, template: other.spec.template } };
    const evil = derivePod(forged, 0, "P");
    assert.match(reasonOf(evil, forged, deployment), /no revision/u);
  });

  test("refuses owners that are missing, others, or of another kind", () => {
    assert.match(reasonOf(pod), /ReplicaSet is not known/u);
    assert.match(reasonOf(pod, replicaSet), /Deployment is not known/u);
    const twin = { ...replicaSet, metadata: { ...replicaSet.metadata, uid: "R2" } };
    assert.match(reasonOf(pod, twin, deployment), /another ReplicaSet/u);
  });
});

describe("checkChain of a Job's pod", () => {
  const job: Job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "pi", namespace: "default", uid: "J" },
    spec: {
      completions: 2,
      template: { spec: { containers: [{ name: "pi", image: "perl:5" }], restartPolicy: "Never" } },
    },
  };
  const own = deriveJobPod(job, { slot: 1, attempt: 3 }, "P");

  test("accepts what the Job's template derives", () => {
    assert.equal(reasonOf(own, job), "ok");
    assert.equal(reasonOf({ ...own, spec: { ...own.spec, nodeName: "ann" } }, job), "ok");
  });

  test("refuses what differs from it, and what only claims it", () => {
    const evil = { ...own, spec: { ...own.spec, containers: [{ name: "pi", image: "evil" }] } };
    assert.match(reasonOf(evil, job), /differs from its Job/u);
    assert.match(reasonOf(own), /Job is not known/u);
    const twin = { ...job, metadata: { ...job.metadata, uid: "J2" } };
    assert.match(reasonOf(own, twin), /another Job/u);
    assert.match(reasonOf(own, { ...job, apiVersion: "apps/v1" }), /another Job/u);
  });

  test("accepts a Job whoever made it", () => {
    const owner = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      name: "c",
      uid: "C",
      controller: true,
    };
    const metadata = { ...job.metadata, ownerReferences: [owner] };
    assert.equal(reasonOf(own, { ...job, metadata }), "ok");
  });
});

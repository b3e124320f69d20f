/** How a Deployment is rolled out, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Deployment,
  isDeployment,
  isPod,
  isReplicaSet,
  type KubeObject,
} from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import type { DeploymentStatus } from "./deployment-status.ts";
import { deploymentResource, podResource, replicaSetResource } from "./kinds.ts";
import { revisionAnnotation } from "./revisions.ts";
import { Village } from "./village.ts";

type Spec = Partial<Deployment["spec"]>;

function deployment(image: string, spec: Spec = {}, generation = 1): Deployment {
  const labels = { app: "web" };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: "web", image }] },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "D", generation },
    spec: { replicas: 3, selector: { matchLabels: labels }, template, ...spec },
  };
}

function settled(spec: Spec = {}): Village {
  const village = new Village({ machines: 3 });
  village.apply(deployment("nginx:1", spec));
  village.pass(5000);
  return village;
}

function statusOf(village: Village): DeploymentStatus {
  const [object] = village.list(deploymentResource);
  assert(object !== undefined && isDeployment(object));
  return isJsonObject(object.status) ? object.status : {};
}

function setsOf(village: Village): string[] {
  return village
    .list(replicaSetResource)
    .filter(isReplicaSet)
    .map(({ metadata, spec }) => {
      const image = spec.template.spec.containers[0]?.image;
      return `${image} x${spec.replicas} r${metadata.annotations?.[revisionAnnotation]}`;
    })
    .toSorted();
}

function conditionOf(village: Village, type: string): string {
  const condition = statusOf(village).conditions?.find((each) => each.type === type);
  return `${condition?.status} ${condition?.reason}`;
}

function imagesOf(pods: readonly KubeObject[]): string[] {
  return pods.filter(isPod).map(({ spec }) => spec.containers[0]?.image ?? "");
}

describe("a Deployment", () => {
  test("makes one ReplicaSet, whose pods become ready", () => {
    const village = settled();
    assert.deepEqual(setsOf(village), ["nginx:1 x3 r1"]);
    const { conditions: _, ...counts } = statusOf(village);
    assert.deepEqual(counts, {
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    assert.equal(conditionOf(village, "Available"), "True MinimumReplicasAvailable");
    assert.equal(conditionOf(village, "Progressing"), "True NewReplicaSetAvailable");
    const [object] = village.list(deploymentResource);
    assert.equal(object?.metadata.annotations?.[revisionAnnotation], "1");
  });

  test("is rolled out without ever having too few or too many pods", () => {
    const village = settled({
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    const spec = village.list(deploymentResource).find(isDeployment)?.spec;
    village.apply(deployment("nginx:2", { strategy: spec?.strategy ?? {} }, 2));
    for (let tick = 0; tick < 100; tick += 1) {
      village.pass(100);
      const pods = village.list(podResource).filter(isPod);
      const living = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      assert(living.length <= 4, `${living.length} pods at ${village.now.at}`);
      const ready = living.filter(({ status }) => status?.phase === "Running");
      assert(ready.length >= 3, `${ready.length} ready at ${village.now.at}`);
    }
    assert.deepEqual(setsOf(village), ["nginx:1 x0 r1", "nginx:2 x3 r2"]);
    assert.deepEqual(new Set(imagesOf(village.list(podResource))), new Set(["nginx:2"]));
    assert.equal(statusOf(village).observedGeneration, 2);
    assert.equal(conditionOf(village, "Progressing"), "True NewReplicaSetAvailable");
  });

  test("has no more pods than it may when it is scaled and changed at once", () => {
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 1 };
    const spec: Spec = { strategy: { type: "RollingUpdate", rollingUpdate } };
    const village = settled(spec);
    village.apply(deployment("nginx:2", { ...spec, replicas: 6 }, 2));
    for (let tick = 0; tick < 150; tick += 1) {
      village.pass(100);
      const living = village
        .list(podResource)
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      assert(living.length <= 7, `${living.length} pods at ${village.now.at}`);
    }
    assert.deepEqual(setsOf(village), ["nginx:1 x0 r1", "nginx:2 x6 r2"]);
    const marks = village.list(replicaSetResource).map(({ metadata }) => metadata.annotations);
    for (const each of marks) {
      assert.equal(each?.["deployment.kubernetes.io/desired-replicas"], "6");
      assert.equal(each?.["deployment.kubernetes.io/max-replicas"], "7");
    }
  });

  test("goes back to an earlier ReplicaSet, as a new revision", () => {
    const village = settled();
    village.apply(deployment("nginx:2", {}, 2));
    village.pass(10_000);
    village.apply(deployment("nginx:1", {}, 3));
    village.pass(10_000);
    assert.deepEqual(setsOf(village), ["nginx:1 x3 r3", "nginx:2 x0 r2"]);
  });

  test("recreates only when all earlier pods are gone", () => {
    const strategy = { type: "Recreate" } as const;
    const village = settled({ strategy });
    village.apply(deployment("nginx:2", { strategy }, 2));
    for (let tick = 0; tick < 100; tick += 1) {
      village.pass(50);
      const images = new Set(village.running().flatMap(({ pod }) => imagesOf([pod])));
      assert(images.size <= 1, `both run at ${village.now.at}`);
    }
    assert.deepEqual(setsOf(village), ["nginx:1 x0 r1", "nginx:2 x3 r2"]);
  });

  test("is not rolled out while paused, but follows its number of replicas", () => {
    const village = settled();
    village.apply(deployment("nginx:2", { paused: true, replicas: 4 }, 2));
    village.pass(5000);
    assert.deepEqual(setsOf(village), ["nginx:1 x4 r1"]);
    assert.equal(conditionOf(village, "Progressing"), "Unknown DeploymentPaused");
    village.apply(deployment("nginx:2", { replicas: 4 }, 3));
    village.pass(10_000);
    assert.deepEqual(setsOf(village), ["nginx:1 x0 r1", "nginx:2 x4 r2"]);
  });

  test("forgets revisions beyond its limit", () => {
    const village = settled({ revisionHistoryLimit: 1 });
    for (const version of [2, 3, 4]) {
      village.apply(deployment(`nginx:${version}`, { revisionHistoryLimit: 1 }, version));
      village.pass(10_000);
    }
    assert.deepEqual(setsOf(village), ["nginx:3 x0 r3", "nginx:4 x3 r4"]);
  });

  test("tells that it does not get on", () => {
    const village = new Village({ machines: 1, startMs: 3_600_000 });
    village.apply(deployment("nginx:1", { progressDeadlineSeconds: 60 }));
    village.pass(59_000);
    assert.equal(conditionOf(village, "Progressing"), "True ReplicaSetUpdated");
    village.pass(5000);
    assert.equal(conditionOf(village, "Progressing"), "False ProgressDeadlineExceeded");
    assert.equal(conditionOf(village, "Available"), "False MinimumReplicasUnavailable");
  });

  test("that is deleted takes its ReplicaSets and pods with it", () => {
    const village = settled();
    village.delete(deploymentResource, "web");
    village.pass(5000);
    assert.deepEqual(village.list(replicaSetResource), []);
    assert.deepEqual(village.list(podResource), []);
    assert.deepEqual(village.running(), []);
  });

  test("logs its own name with a clone", () => {
    const village = settled();
    village.vanish(village.running()[0]?.pod.metadata.uid ?? "");
    village.pass(3000);
    assert(village.log.some((line) => /^Published clone task \S+ for default\/web$/u.test(line)));
    assert.equal(village.running().length, 3);
  });
});

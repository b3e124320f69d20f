/** How more important pods find a place in a full village. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, Pod } from "@beemesh/model";
import { isPod } from "./runner.ts";
import { Village } from "./village.test.ts";

/** Pods that each fill most of a machine. */
function deploymentOf(name: string, replicas: number, priority: number): KubeObject {
  const labels = { app: name };
  const container = { name: "web", image: "x", resources: { requests: { cpu: "3" } } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default", uid: `d-${name}`, generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: `of-${priority}`,
          terminationGracePeriodSeconds: 1,
          containers: [container],
        },
      },
    },
  };
}

/** How important are those who take nobody's place. */
const meek = 20;

/** A village where workloads may be so important. */
function villageOf(machines: number, ...priorities: readonly number[]): Village {
  const village = new Village(machines);
  village.run(2000);
  for (const value of priorities) {
    village.put("p1", {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: `of-${value}`, uid: `c-${value}` },
      value,
      preemptionPolicy: value === meek ? "Never" : "PreemptLowerPriority",
    });
  }
  village.run(1000);
  return village;
}

/** A village of three that pods of a low priority have filled. */
function fullVillage(): Village {
  const village = villageOf(3, 10, 100);
  village.put("p1", deploymentOf("low", 3, 10));
  village.run(3000);
  assert.deepEqual(placesOf(village, "low"), ["m-p1", "m-p2", "m-p3"]);
  return village;
}

function podsOf(village: Village, name: string, peer = "p1"): readonly Pod[] {
  return village
    .list(peer, "", "pods")
    .filter(isPod)
    .filter(({ metadata }) => metadata.labels?.["app"] === name);
}

/** Where the pods of a workload are that run. */
function placesOf(village: Village, name: string, peer = "p1"): readonly string[] {
  const running = new Set([...village.villagers.values()].flatMap((each) => [...each.running]));
  return podsOf(village, name, peer)
    .filter(({ metadata }) => running.has(metadata.uid ?? ""))
    .map(({ spec }) => spec.nodeName ?? "")
    .toSorted();
}

function preempted(village: Village): readonly KubeObject[] {
  return village.list("p1", "", "events").filter(({ reason }) => reason === "Preempted");
}

describe("a more important pod in a full mesh", () => {
  test("takes the place of one, whose replacement waits", () => {
    const village = fullVillage();
    village.put("p2", deploymentOf("high", 1, 100));
    village.run(10_000);
    const [place] = placesOf(village, "high");
    assert(place !== undefined);
    const left = ["m-p1", "m-p2", "m-p3"].filter((each) => each !== place);
    assert.deepEqual(placesOf(village, "low"), left);
    assert.equal(preempted(village).length, 1);
    const waiting = podsOf(village, "low").filter(({ spec }) => spec.nodeName === undefined);
    assert.equal(waiting.length, 1);
    const [condition] = waiting[0]?.status?.conditions ?? [];
    assert.match(condition?.message ?? "", /Insufficient cpu.*No preemption victims found/u);
    const [high] = podsOf(village, "high");
    assert.equal(high?.status?.phase, "Running");
    assert.equal(high.status.nominatedNodeName, undefined);
  });

  test("takes another place when its machine is lost", () => {
    const village = fullVillage();
    village.put("p2", deploymentOf("high", 1, 100));
    village.run(10_000);
    const [place = ""] = placesOf(village, "high");
    const lost = place.replace("m-", "");
    village.kill(lost);
    village.run(15_000);
    const witness = lost === "p1" ? "p2" : "p1";
    const [next] = placesOf(village, "high", witness);
    assert(next !== undefined && next !== place);
    assert.equal(placesOf(village, "low", witness).length, 1);
  });

  test("takes as many places as it has pods, and none of its own kind", () => {
    const village = fullVillage();
    village.put("p3", deploymentOf("high", 4, 100));
    village.run(20_000);
    assert.deepEqual(placesOf(village, "high"), ["m-p1", "m-p2", "m-p3"]);
    assert.deepEqual(placesOf(village, "low"), []);
    const before = podsOf(village, "high").map(({ metadata }) => metadata.uid);
    village.run(60_000);
    assert.deepEqual(
      podsOf(village, "high").map(({ metadata }) => metadata.uid),
      before,
    );
    assert.equal(preempted(village).length, 3);
  });

  test("rather takes the place of one that no budget protects", () => {
    const village = villageOf(2, 10, meek, 100);
    village.put("p1", deploymentOf("kept", 1, 10));
    // It is the more important one, but does not take the other's place in turn.
    village.put("p1", deploymentOf("free", 1, meek));
    village.put("p1", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "keep", namespace: "default", uid: "b", generation: 1 },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "kept" } } },
    });
    village.run(5000);
    assert.equal(placesOf(village, "kept").length, 1);
    assert.equal(placesOf(village, "free").length, 1);
    village.put("p2", deploymentOf("high", 1, 100));
    village.run(10_000);
    assert.equal(placesOf(village, "kept").length, 1);
    assert.deepEqual(placesOf(village, "free"), []);
    assert.equal(placesOf(village, "high").length, 1);
  });
});

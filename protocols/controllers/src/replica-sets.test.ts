/** How a ReplicaSet keeps its pods, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Random, seededRandom } from "@beemesh/base";
import {
  isReplicaSet,
  type KubeObject,
  objectsAt,
  type ReplicaSet,
  slotName,
  textAt,
} from "@beemesh/model";
import { checkChain } from "./chain.ts";
import {
  podResource,
  replicaSetResource,
  replicationControllerResource,
  resourceQuotaResource,
} from "./kinds.ts";
import { Village } from "./village.ts";

function replicaSet(replicas: number): ReplicaSet {
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", uid: "R", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx:1" }] } },
    },
  };
}

function namesOf(objects: readonly KubeObject[]): string[] {
  return objects.map(({ metadata }) => metadata.name).toSorted();
}

function slots(count: number): string[] {
  return Array.from({ length: count }, (_, index) => slotName(replicaSet(1), index)).toSorted();
}

function settled(replicas: number, machines = 3): Village {
  const village = new Village({ machines });
  village.apply(replicaSet(replicas));
  village.pass(5000);
  return village;
}

describe("a ReplicaSet", () => {
  test("makes its pods in slots with computed names, each once", () => {
    const village = settled(3);
    assert.deepEqual(namesOf(village.list(podResource)), slots(3));
    assert.equal(village.running().length, 3);
    assert.equal(village.log.filter((line) => line.startsWith("SuccessfulCreate")).length, 3);
  });

  test("tells its status", () => {
    const [set] = settled(3).list(replicaSetResource);
    assert.deepEqual(set?.status, {
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      observedGeneration: 1,
    });
  });

  test("removes the highest slots when it shrinks", () => {
    const village = settled(4);
    village.apply(replicaSet(2));
    village.pass(3000);
    assert.deepEqual(namesOf(village.list(podResource)), slots(2));
    assert.equal(village.running().length, 2);
  });

  test("takes the next free slot while a pod is ending", () => {
    const village = settled(2);
    const [first] = village.list(podResource);
    assert(first);
    village.apply({ ...first, metadata: { ...first.metadata, deletionTimestamp: "now" } });
    village.pass(3000);
    const expected = slots(3).filter((name) => name !== first.metadata.name);
    assert.deepEqual(namesOf(village.list(podResource)), expected);
  });

  test("clones what is lost with its machine, under the same names", () => {
    const village = settled(3);
    village.crash(2);
    village.pass(3000);
    assert.deepEqual(namesOf(village.list(podResource)), slots(3));
    assert.equal(village.running().length, 3);
    const clones = village.log.filter((line) => line.startsWith("Published"));
    assert.equal(clones.length, 1);
    assert.match(clones[0] ?? "", /^Published clone task [a-z0-9]{10} for default\/web$/u);
  });

  test("clones a pod that has vanished, once", () => {
    const village = settled(3);
    const uid = village.running()[0]?.pod.metadata.uid ?? "";
    village.vanish(uid);
    village.pass(3000);
    assert.equal(village.running().length, 3);
    assert.equal(village.log.filter((line) => line.startsWith("Published")).length, 1);
  });

  test("waits longer and longer with clones that do not live", () => {
    const village = settled(1);
    const times: number[] = [];
    for (let tick = 0; tick < 600; tick += 1) {
      const [running] = village.running();
      if (running !== undefined) {
        times.push(tick / 10);
        village.vanish(running.pod.metadata.uid ?? "");
      }
      village.pass(100);
    }
    assert(times.length >= 4 && times.length <= 7, JSON.stringify(times));
  });

  test("adopts a pod that it selects, and releases one that it no longer does", () => {
    const village = new Village({ machines: 3 });
    const bare = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "bare", namespace: "default", uid: "B", labels: { app: "web" } },
      spec: { containers: [] },
    };
    village.apply(bare);
    village.pass(2000);
    village.apply(replicaSet(2));
    village.pass(3000);
    const adopted = village.list(podResource).find(({ metadata }) => metadata.name === "bare");
    assert.equal(adopted?.metadata.ownerReferences?.[0]?.uid, "R");
    assert.equal(village.list(podResource).length, 2);
    village.apply({
      ...adopted,
      ...bare,
      metadata: { ...adopted?.metadata, ...bare.metadata, labels: {} },
    });
    village.pass(3000);
    const released = village.list(podResource).find(({ metadata }) => metadata.name === "bare");
    assert.equal(released?.metadata.ownerReferences, undefined);
    assert.equal(village.list(podResource).length, 3);
  });
});

describe("after a partition has healed", () => {
  test("the older pod stays, and nothing that is healthy is started again", () => {
    const village = settled(3);
    const before = village.running().map(({ machine, pod }) => `${machine} ${pod.metadata.uid}`);
    village.cut(2);
    village.pass(5000);
    assert.equal(village.running().length, 3 + 3, "each side has all of its own");
    village.heal();
    village.pass(5000);
    const after = village.running().map(({ machine, pod }) => `${machine} ${pod.metadata.uid}`);
    assert.deepEqual(after.toSorted(), before.toSorted());
    for (const machine of [0, 1, 2]) assert.equal(village.list(podResource, machine).length, 3);
  });

  test("a pod whose machine was rebooted meanwhile gives way to its clone", () => {
    const village = settled(3);
    const old = new Set(
      village
        .running()
        .filter(({ machine }) => machine === "m2")
        .map(({ pod }) => pod.metadata.uid),
    );
    village.crash(2);
    village.pass(3000);
    village.reboot(2);
    village.pass(3000);
    assert.equal(village.running().length, 3);
    assert(village.running().every(({ pod }) => !old.has(pod.metadata.uid)));
  });
});

describe("whatever is lost", () => {
  /** One mishap or one wish of a user, by chance. */
  function happen(village: Village, random: Random): void {
    const running = village.running();
    const victim = running[random.below(Math.max(1, running.length))]?.pod.metadata.uid ?? "";
    const pod = village.list(podResource).find(({ metadata }) => metadata.uid === victim);
    const [set] = village.list(replicaSetResource);
    const events = [
      () => village.vanish(victim),
      () => village.crash(1 + random.below(2)),
      () => [1, 2].forEach((machine) => village.reboot(machine)),
      () => village.cut(random.below(3)),
      () => village.heal(),
      () => {
        const replicas = random.below(6);
        if (set !== undefined && isReplicaSet(set)) {
          village.apply({ ...set, spec: { ...set.spec, replicas } });
        }
      },
      () => {
        if (pod === undefined) return;
        village.apply({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "now" } });
      },
    ];
    events[random.below(events.length)]?.();
  }

  test("there are as many pods as wanted in the end, each slot once, for 200 seeds", () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const random = seededRandom(seed);
      const village = new Village({ machines: 3, seed, latencyMsMax: 200 });
      village.apply(replicaSet(1 + random.below(5)));
      for (let step = 0; step < 12; step += 1) {
        village.pass(random.below(1500));
        happen(village, random);
      }
      village.heal();
      for (const machine of [1, 2]) village.reboot(machine);
      village.pass(700_000);
      const [set] = village.list(replicaSetResource);
      const running = village.running().map(({ pod }) => pod.metadata.uid ?? "");
      assert.equal(
        running.length,
        set && isReplicaSet(set) ? set.spec.replicas : 0,
        `seed ${seed}`,
      );
      for (const machine of [0, 1, 2]) {
        const known = village.list(podResource, machine).map(({ metadata }) => metadata.uid ?? "");
        assert.deepEqual(known.toSorted(), running.toSorted(), `seed ${seed}, machine ${machine}`);
      }
    }
  });
});

test("a ReplicationController keeps its pods as a ReplicaSet does, and tells its status", () => {
  const village = new Village({ machines: 3 });
  const { template } = replicaSet(1).spec;
  const metadata = { name: "old", namespace: "default", uid: "RC", generation: 1 };
  const spec = { replicas: 2, selector: { app: "web" }, template };
  const controller = { apiVersion: "v1", kind: "ReplicationController", metadata, spec };
  village.apply(controller);
  village.pass(4000);
  assert.equal(village.running().length, 2);
  for (const { pod } of village.running()) {
    assert.deepEqual(checkChain(pod, controller), { ok: true });
  }
  const [there] = village.list(replicationControllerResource);
  assert.equal(Object(there?.status).availableReplicas, 2);
  assert.deepEqual(there?.spec, spec);
  village.vanish(village.running()[0]?.pod.metadata.uid ?? "");
  village.pass(4000);
  assert.equal(village.running().length, 2);
});

describe("a ReplicaSet in a namespace with a quota", () => {
  const quota = (pods: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q", namespace: "default", uid: "Q" },
    spec: { hard: { pods } },
  });
  const conditionsOf = (village: Village) =>
    village.list(replicaSetResource).flatMap((set) => objectsAt(set.status, "conditions"));

  test("makes no pod beyond it, says so, and goes on when there is room", () => {
    const village = new Village({ machines: 3 });
    village.apply(quota("2"));
    village.apply(replicaSet(3));
    village.pass(5000);
    assert.equal(village.list(podResource).length, 2);
    const [condition, ...others] = conditionsOf(village);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [condition?.["type"], condition?.["status"], condition?.["reason"]],
      ["ReplicaFailure", "True", "FailedCreate"],
    );
    const why = "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2";
    assert(textAt(condition, "message").endsWith(`is forbidden: ${why}`));
    assert(village.log.some((line) => line.includes("Error creating:") && line.endsWith(why)));
    village.apply(quota("3"));
    village.pass(5000);
    assert.equal(village.running().length, 3);
    assert.deepEqual(conditionsOf(village), []);
  });

  test("tells the quota what it has taken", () => {
    const village = new Village({ machines: 3 });
    village.apply(quota("5"));
    village.apply(replicaSet(3));
    village.pass(5000);
    const [told] = village.list(resourceQuotaResource);
    assert.deepEqual(told?.status, { hard: { pods: "5" }, used: { pods: "3" } });
  });

  test("gives its pods what a LimitRange gives, and they are run", () => {
    const village = new Village({ machines: 3 });
    const limits = [
      { type: "Container", default: { cpu: "500m" }, defaultRequest: { cpu: "250m" } },
    ];
    const metadata = { name: "l", namespace: "default", uid: "L" };
    village.apply({ apiVersion: "v1", kind: "LimitRange", metadata, spec: { limits } });
    const set = replicaSet(1);
    village.apply(set);
    village.pass(5000);
    const [running] = village.running();
    assert(running);
    assert.deepEqual(running.pod.spec.containers[0]?.resources, {
      requests: { cpu: "250m" },
      limits: { cpu: "500m" },
    });
    assert.deepEqual(checkChain(running.pod, set), { ok: true });
  });
});

/** How a StatefulSet keeps its pods, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Random, seededRandom } from "@beemesh/base";
import { isStatefulSet, type Pod, type StatefulSet } from "@beemesh/model";
import { checkChain } from "./chain.ts";
import { controllerRevisionResource, podResource, statefulSetResource } from "./kinds.ts";
import { Village } from "./village.ts";

type Change = Partial<StatefulSet["spec"]>;

function statefulSet(change: Change = {}, image = "i:1", generation = 1): StatefulSet {
  const labels = { app: "db" };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "default", uid: "S", generation },
    spec: {
      replicas: 3,
      serviceName: "db",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "db", image }] } },
      ...change,
    },
  };
}

function settled(change: Change = {}): Village {
  const village = new Village({ machines: 3 });
  village.apply(statefulSet(change));
  village.pass(8000);
  return village;
}

function names(village: Village): string[] {
  return village.list(podResource).map(({ metadata }) => metadata.name);
}

function images(village: Village): string[] {
  return village
    .running()
    .map(({ pod }) => `${pod.metadata.name} ${pod.spec.containers[0]?.image}`)
    .toSorted();
}

function statusOf(village: Village): Readonly<Record<string, unknown>> {
  const [set] = village.list(statefulSetResource);
  return { ...Object(set?.status) };
}

describe("a StatefulSet", () => {
  test("makes one pod after another, each when the one before is ready", () => {
    const village = new Village({ machines: 3 });
    village.apply(statefulSet());
    const seen = new Set<string>();
    for (let step = 0; step < 80; step += 1) {
      village.pass(100);
      const ready = village
        .list(podResource)
        .filter(({ status }) => JSON.stringify(status ?? {}).includes('"Ready"'));
      const there = names(village);
      seen.add(there.join(" "));
      assert(
        there.length <= ready.length + 1,
        `${there.join(" ")} while ${ready.length} are ready`,
      );
    }
    assert.deepEqual([...seen].at(-1), "db-0 db-1 db-2");
    const [set] = village.list(statefulSetResource);
    const { updateRevision, currentRevision, ...counts } = statusOf(village);
    assert.equal(updateRevision, currentRevision);
    assert.deepEqual(counts, {
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      collisionCount: 0,
    });
    assert.equal(set?.metadata.uid, "S");
  });

  test("makes all at once when they may, from the ordinal that it starts with", () => {
    const village = new Village({ machines: 3 });
    village.apply(statefulSet({ podManagementPolicy: "Parallel", ordinals: { start: 5 } }));
    village.pass(150);
    assert.deepEqual(names(village), ["db-5", "db-6", "db-7"]);
  });

  test("gives its pods a name in the domain of its Service", () => {
    const [pod] = settled().list(podResource);
    const { hostname, subdomain } = Object(pod?.spec);
    assert.deepEqual({ hostname, subdomain }, { hostname: "db-0", subdomain: "db" });
    assert.equal(pod?.metadata.labels?.["statefulset.kubernetes.io/pod-name"], "db-0");
    assert.equal(pod.metadata.labels["apps.kubernetes.io/pod-index"], "0");
  });

  test("takes the highest away first, one at a time", () => {
    const village = settled();
    village.apply(statefulSet({ replicas: 1 }, "i:1", 2));
    village.pass(100);
    const ending = village.list(podResource).filter(({ metadata }) => metadata.deletionTimestamp);
    assert.deepEqual(
      ending.map(({ metadata }) => metadata.name),
      ["db-2"],
    );
    village.pass(5000);
    assert.deepEqual(names(village), ["db-0"]);
  });

  test("updates from the highest down to the partition, and then all", () => {
    const village = settled();
    const at = (partition: number) => ({ updateStrategy: { rollingUpdate: { partition } } });
    village.apply(statefulSet(at(2), "i:2", 2));
    village.pass(8000);
    assert.deepEqual(images(village), ["db-0 i:1", "db-1 i:1", "db-2 i:2"]);
    assert.notEqual(statusOf(village)["currentRevision"], statusOf(village)["updateRevision"]);
    village.vanish(
      village.running().find(({ pod }) => pod.metadata.name === "db-0")?.pod.metadata.uid ?? "",
    );
    village.pass(5000);
    assert.deepEqual(images(village), ["db-0 i:1", "db-1 i:1", "db-2 i:2"]);
    village.apply(statefulSet(at(0), "i:2", 3));
    village.pass(15_000);
    assert.deepEqual(images(village), ["db-0 i:2", "db-1 i:2", "db-2 i:2"]);
    assert.equal(statusOf(village)["currentRevision"], statusOf(village)["updateRevision"]);
  });

  test("leaves its pods alone until they are deleted when it updates on delete", () => {
    const village = settled();
    village.apply(statefulSet({ updateStrategy: { type: "OnDelete" } }, "i:2", 2));
    village.pass(8000);
    assert.deepEqual(images(village), ["db-0 i:1", "db-1 i:1", "db-2 i:1"]);
    const pod = village.list(podResource)[1];
    assert(pod);
    village.apply({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "now" } });
    village.pass(8000);
    assert.deepEqual(images(village), ["db-0 i:1", "db-1 i:2", "db-2 i:1"]);
  });

  test("numbers its revisions, an old one anew when it comes back, and forgets the oldest", () => {
    const village = settled();
    const limit = { revisionHistoryLimit: 1 };
    village.apply(statefulSet(limit, "i:2", 2));
    village.pass(15_000);
    village.apply(statefulSet(limit, "i:1", 3));
    village.pass(15_000);
    const numbers = (): string[] =>
      village
        .list(controllerRevisionResource)
        .map((each) => String(each["revision"]))
        .toSorted();
    assert.deepEqual(numbers(), ["2", "3"]);
    village.apply(statefulSet(limit, "i:3", 4));
    village.pass(15_000);
    assert.deepEqual(numbers(), ["3", "4"]);
  });

  test("every pod passes the check that its machine makes, also in the middle of an update", () => {
    const village = settled();
    village.apply(statefulSet({ updateStrategy: { rollingUpdate: { partition: 1 } } }, "i:2", 2));
    village.pass(10_000);
    const [set] = village.list(statefulSetResource);
    const revisions = village.list(controllerRevisionResource);
    for (const { pod } of village.running()) {
      const label = pod.metadata.labels?.["controller-revision-hash"];
      const revision = revisions.find(({ metadata }) => metadata.name === label);
      assert.deepEqual(checkChain(pod, set, revision), { ok: true });
      const [container] = pod.spec.containers;
      const evil: Pod = {
        ...pod,
        spec: { ...pod.spec, containers: [{ ...container, name: "db", image: "evil" }] },
      };
      assert.equal(checkChain(evil, set, revision).ok, false);
      const forged = revision && { ...revision, data: { spec: { template: evil } } };
      assert.equal(checkChain(pod, set, forged).ok, false);
      assert.equal(checkChain(pod, set, undefined).ok, false);
    }
    assert.equal(revisions.length, 2);
  });
});

describe("whatever is lost", () => {
  function happen(village: Village, random: Random): void {
    const running = village.running();
    const victim = running[random.below(Math.max(1, running.length))]?.pod.metadata.uid ?? "";
    const [set] = village.list(statefulSetResource);
    const events = [
      () => village.vanish(victim),
      () => village.crash(1 + random.below(2)),
      () => [1, 2].forEach((machine) => village.reboot(machine)),
      () => village.cut(random.below(3)),
      () => village.heal(),
      () => {
        if (set === undefined || !isStatefulSet(set)) return;
        const image = `i:${random.below(3)}`;
        const replicas = random.below(4);
        village.apply(
          statefulSet({ ...set.spec, replicas, template: statefulSet({}, image).spec.template }),
        );
      },
    ];
    events[random.below(events.length)]?.();
  }

  test("each ordinal has one pod of the last template in the end, for 100 seeds", () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const random = seededRandom(seed);
      const village = new Village({ machines: 3, seed, latencyMsMax: 200 });
      const podManagementPolicy = seed % 2 === 0 ? "Parallel" : "OrderedReady";
      village.apply(statefulSet({ podManagementPolicy }));
      for (let step = 0; step < 10; step += 1) {
        village.pass(random.below(1500));
        happen(village, random);
      }
      village.heal();
      for (const machine of [1, 2]) village.reboot(machine);
      village.pass(700_000);
      const [set] = village.list(statefulSetResource);
      assert(set && isStatefulSet(set));
      const image = set.spec.template.spec.containers[0]?.image;
      const wanted = Array.from({ length: set.spec.replicas ?? 0 }, (_, i) => `db-${i} ${image}`);
      assert.deepEqual(images(village), wanted, `seed ${seed}`);
    }
  });
});

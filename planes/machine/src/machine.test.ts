import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rendezvous } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { resourceNamed } from "./resource.ts";
import { isPod } from "./runner.ts";
import { deploymentOf, jobOf, Village } from "./village.test.ts";

/** How many containers run on each machine. */
const running = (village: Village): number[] =>
  [...village.villagers.values()].map((villager) => villager.running.size);

/** How many pods one machine sees running. */
const seen = (village: Village, peer: string): number =>
  village.list(peer, "", "pods").filter((pod) => isPod(pod) && pod.status?.phase === "Running")
    .length;

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Machines that keep a collection. */
const keepersMax = 5;

/** A namespace of whose hives, and of whose definition, the keeper of its quotas knows nothing. */
function namespaceAwayFrom(peers: readonly string[]): string {
  const keepersOf = (collection: string): readonly string[] =>
    rendezvous(collection, peers).slice(0, keepersMax);
  const others = (name: string): readonly string[] => [
    ...keepersOf(`hives.bees.io/${name}`),
    ...keepersOf("customresourcedefinitions.apiextensions.k8s.io/-"),
  ];
  const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
  const found = names.find((name) => {
    const [keeper = ""] = keepersOf(`resourcequotas/${name}`);
    return !others(name).includes(keeper);
  });
  assert(found, "there is such a namespace");
  return found;
}

const hives: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "hives.bees.io", uid: "hives" },
  spec: {
    group: "bees.io",
    scope: "Namespaced",
    names: { plural: "hives", kind: "Hive", singular: "hive" },
    versions: [{ name: "v1", served: true, storage: true }],
  },
};

const quotaOf = (namespace: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "few", namespace, uid: "few" },
  spec: { hard: { "count/hives.bees.io": "5" } },
});

const hiveIn = (namespace: string): KubeObject => ({
  apiVersion: "bees.io/v1",
  kind: "Hive",
  metadata: { name: "one", namespace, uid: "one" },
});

describe("Machine", () => {
  test("places a Deployment's pods, one on each machine", () => {
    const village = new Village(3);
    village.run(3000);
    village.put("p2", deploymentOf(3));
    village.run(2000);
    assert.deepEqual(running(village), [1, 1, 1]);
    for (const peer of village.villagers.keys()) assert.equal(seen(village, peer), 3);
  });

  test("places pods in a mesh of one", () => {
    const village = new Village(1);
    village.run(1000);
    village.put("p1", deploymentOf(2));
    village.run(2000);
    assert.deepEqual(running(village), [2]);
  });

  test("replaces the pods of a dead machine within three seconds, and says who asked", () => {
    const village = new Village(3);
    village.run(3000);
    village.put("p1", deploymentOf(3));
    village.run(2000);
    village.kill("p3");
    village.run(3000);
    assert.deepEqual(
      running(village)
        .slice(0, 2)
        .toSorted((a, b) => a - b),
      [1, 2],
    );
    assert(village.log.some((line) => line.includes("clone.published")));
  });

  test("lets both sides of a cut go on, and keeps the older pods when it heals", () => {
    const village = new Village(3);
    village.run(3000);
    village.put("p1", deploymentOf(3));
    village.run(2000);
    const before = [...village.villagers.values()].flatMap(({ running: pods }) => [...pods]);
    village.cut("p3");
    village.run(5000);
    assert.equal(total(running(village)), 6);
    village.join("p3");
    village.run(5000);
    const after = [...village.villagers.values()].flatMap(({ running: pods }) => [...pods]);
    assert.deepEqual(after.toSorted(), before.toSorted());
  });

  test("a rebooted last survivor starts what it ran, from its own disk", () => {
    const village = new Village(3);
    village.run(3000);
    village.put("p1", deploymentOf(3));
    village.run(2000);
    village.kill("p1");
    village.kill("p2");
    village.run(4000);
    assert.equal(running(village)[2], 3);
    village.kill("p3");
    village.run(1000);
    village.reboot("p3");
    village.run(8000);
    assert.equal(running(village)[2], 3);
  });

  test("scales down and up again", () => {
    const village = new Village(2);
    village.run(3000);
    village.put("p1", deploymentOf(4));
    village.run(4000);
    assert.equal(total(running(village)), 4);
    village.put("p2", {
      ...deploymentOf(1),
      metadata: { ...deploymentOf(1).metadata, generation: 2 },
    });
    village.run(35_000);
    assert.equal(total(running(village)), 1);
  });

  test("runs a Job to its end, and what ended stays known when its machine boots again", () => {
    const village = new Village(3);
    village.run(3000);
    village.put("p1", jobOf(3));
    village.run(2000);
    assert.equal(total(running(village)), 3);
    for (const peer of ["p1", "p2"]) village.exit(peer, 0);
    village.kill("p3");
    village.run(3000);
    assert.equal(total(running(village)), 1, "a clone of what was lost");
    for (const peer of ["p1", "p2"]) village.exit(peer, 0);
    village.run(2000);
    const [job] = village.list("p2", "batch", "jobs");
    assert.match(JSON.stringify(job?.status), /"succeeded":3.*/u);
    assert.match(JSON.stringify(job?.status), /"type":"Complete","status":"True"/u);
    assert.doesNotMatch(JSON.stringify(job?.status), /"failed"/u);
    village.kill("p1");
    village.reboot("p1");
    village.run(3000);
    assert.equal(total(running(village)), 0);
    village.at("p2").machine.objects.remove(resourceNamed("batch", "jobs"), "default", "pi");
    village.give("p2", { kind: "tick" });
    village.run(5000);
    for (const peer of ["p1", "p2"]) assert.equal(village.list(peer, "", "pods").length, 0);
  });

  test("does not run what only claims to be of a Job", () => {
    const village = new Village(2);
    village.run(3000);
    village.put("p1", { ...jobOf(1), spec: { ...Object(jobOf(1).spec), suspend: true } });
    const owner = { apiVersion: "batch/v1", kind: "Job", name: "pi", uid: "j-1", controller: true };
    const annotations = { "beemesh.io/slot": "0", "beemesh.io/attempt": "0" };
    const metadata = { name: "pi-0-evil", namespace: "default", uid: "e", annotations };
    village.put("p1", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, ownerReferences: [owner] },
      spec: { nodeName: "m-p2", containers: [{ name: "web", image: "evil" }] },
    });
    village.run(1000);
    assert.deepEqual(running(village), [0, 0]);
    assert(village.log.some((line) => /pod.rejected.*differs from its Job/u.test(line)));
  });

  test("a quota counts custom resources that are kept elsewhere", () => {
    const village = new Village(8);
    village.run(3000);
    const namespace = namespaceAwayFrom([...village.villagers.keys()]);
    village.put("p1", hives);
    village.run(500);
    village.put("p1", quotaOf(namespace));
    village.put("p1", hiveIn(namespace));
    village.run(8000);
    const [keeper = ""] = rendezvous(`resourcequotas/${namespace}`, [...village.villagers.keys()]);
    const [quota] = village.list(keeper, "", "resourcequotas");
    assert.deepEqual(quota?.status, {
      hard: { "count/hives.bees.io": "5" },
      used: { "count/hives.bees.io": "1" },
    });
  });

  test("a machine that comes later makes nothing anew that it has not heard of", () => {
    for (let late = 4; late <= 9; late += 1) {
      const village = new Village(3);
      village.run(3000);
      village.put("p1", deploymentOf(3));
      village.run(2000);
      const before = [...village.villagers.values()].flatMap(({ running: pods }) => [...pods]);
      village.reboot(`p${late}`);
      village.run(4000);
      const after = [...village.villagers.values()].flatMap(({ running: pods }) => [...pods]);
      assert.deepEqual(after.toSorted(), before.toSorted());
    }
  });

  test("stops no pod because a sidecar misses it", () => {
    const village = new Village(3);
    village.run(3000);
    village.put("p1", deploymentOf(3));
    village.run(2000);
    const before = [...village.villagers.values()].map(({ running: pods }) => [...pods]);
    const [[by = ""] = [], [missed = ""] = []] = before;
    village.give("p1", { kind: "lost", by, uids: [missed] });
    village.run(15_000);
    assert.deepEqual(
      [...village.villagers.values()].map(({ running: pods }) => [...pods]),
      before,
    );
    assert(village.log.some((line) => line.includes("replica.not-lost")));
    assert(!village.log.some((line) => line.includes("clone.published")));
  });

  test("replaces once what a sidecar and the keepers miss", () => {
    const village = new Village(3);
    village.run(3000);
    village.put("p1", deploymentOf(3));
    village.run(2000);
    const [[by = ""] = [], [missed = ""] = []] = [...village.villagers.values()].map(
      ({ running: pods }) => [...pods],
    );
    village.kill("p2");
    village.give("p1", { kind: "lost", by, uids: [missed] });
    village.run(5000);
    assert.equal(total(running(village)), 3);
    assert.equal(village.log.filter((line) => line.includes("clone.published")).length, 1);
  });
});

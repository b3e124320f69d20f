import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { Controllers } from "./controllers.ts";
import type { ControllersEffect } from "./effect.ts";
import { podResource, replicaSetResource } from "./kinds.ts";
import { Shelf } from "./shelf.ts";

const labels = { app: "web" };
const set: KubeObject = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web", namespace: "default", uid: "R" },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [] } },
  },
};

function at(atMs: number): Now {
  return { at: instantAt(atMs), wallMs: atMs };
}

function kindsOf(effects: readonly ControllersEffect[]): string[] {
  return effects.map(({ kind }) => kind).filter((kind) => kind !== "event");
}

function keeper(store: Shelf, rank: number | undefined, self = "ann"): Controllers {
  return new Controllers({ self, store, members: { rankOf: () => rank, isAlive: () => true } });
}

function perform(store: Shelf, effects: readonly ControllersEffect[]): void {
  for (const effect of effects) {
    if (effect.kind === "put") store.putSpec(effect.resource, effect.object);
    if (effect.kind === "putStatus") store.putStatus(effect.resource, effect.object);
  }
}

function readSpec({ spec }: KubeObject): object {
  assert(typeof spec === "object" && spec !== null);
  return spec;
}

describe("Controllers", () => {
  test("look at what was there before them, and offer new pods of a workload together", () => {
    const store = new Shelf();
    store.putSpec(replicaSetResource, set);
    const controllers = keeper(store, 0);
    assert.equal(controllers.hasWork, true);
    const made = controllers.step({ kind: "tick" }, at(0));
    assert.deepEqual(kindsOf(made), ["put", "put", "wake"]);
    perform(store, made);
    const offers = controllers.step({ kind: "tick" }, at(1)).filter((e) => e.kind === "schedule");
    assert.equal(offers.length, 1);
    assert.equal(offers[0]?.pods.length, 2);
    assert.equal(offers[0]?.workload, "default/web");
    assert.equal(offers[0]?.reason, "new");
  });

  test("of a later keeper wait, and do nothing if the first one has acted", () => {
    const store = new Shelf();
    const [first, second] = [keeper(store, 0), keeper(store, 1, "bob")];
    store.putSpec(replicaSetResource, set);
    assert.deepEqual(kindsOf(second.step({ kind: "tick" }, at(0))), ["wake"]);
    perform(store, first.step({ kind: "tick" }, at(0)));
    second.step({ kind: "tick" }, at(1));
    const later = second.step({ kind: "tick" }, at(400));
    assert.equal(
      later.some(({ kind }) => kind === "put"),
      false,
    );
  });

  test("of a later keeper act if the first one does not", () => {
    const store = new Shelf();
    const second = keeper(store, 1, "bob");
    store.putSpec(replicaSetResource, set);
    const [wake] = second.step({ kind: "tick" }, at(0));
    assert.deepEqual(wake, { kind: "wake", at: 500 });
    assert.equal(kindsOf(second.step({ kind: "tick" }, at(500)))[0], "put");
  });

  test("of a machine that keeps nothing do nothing, until it does", () => {
    const store = new Shelf();
    let rank: number | undefined;
    const members = { rankOf: () => rank, isAlive: () => true };
    const controllers = new Controllers({ self: "ann", store, members });
    store.putSpec(replicaSetResource, set);
    assert.deepEqual(controllers.step({ kind: "tick" }, at(0)), []);
    rank = 0;
    assert.equal(kindsOf(controllers.step({ kind: "members" }, at(1)))[0], "put");
  });

  test("repeat a write that was refused only after a while", () => {
    const store = new Shelf();
    store.putSpec(replicaSetResource, set);
    const controllers = keeper(store, 0);
    controllers.step({ kind: "tick" }, at(0));
    const ref = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "R" };
    const told = controllers.step({ kind: "refused", ref, message: "disk full" }, at(1));
    assert.deepEqual(kindsOf(told), ["observe"]);
    assert.equal(kindsOf(controllers.step({ kind: "tick" }, at(999))).includes("put"), false);
    assert.equal(kindsOf(controllers.step({ kind: "tick" }, at(1000))).includes("put"), true);
  });

  test("notice a machine that dies a second time, also if it came back without a pod", () => {
    const store = new Shelf();
    const dead = new Set<string>();
    const members = { rankOf: () => 0, isAlive: (machine: string) => !dead.has(machine) };
    const controllers = new Controllers({ self: "ann", store, members });
    store.putSpec(replicaSetResource, { ...set, spec: { ...readSpec(set), replicas: 1 } });
    const settle = (kind: "members" | "tick", atMs: number): void => {
      perform(store, controllers.step({ kind }, at(atMs)));
      for (let round = 0; round < 8; round += 1) {
        perform(store, controllers.step({ kind: "tick" }, at(atMs)));
      }
    };
    const bindTo = (nodeName: string): void => {
      const [pod] = store.list(podResource).items;
      assert(pod);
      store.putSpec(podResource, { ...pod, spec: { ...readSpec(pod), nodeName } });
    };
    settle("members", 0);
    bindTo("m3");
    settle("tick", 1000);
    dead.add("m3");
    settle("members", 2000);
    bindTo("m1");
    dead.delete("m3");
    settle("members", 3000);
    bindTo("m3");
    settle("tick", 20_000);
    const [before] = store.list(podResource).items;
    dead.add("m3");
    settle("members", 30_000);
    assert.notEqual(store.list(podResource).items[0]?.metadata.uid, before?.metadata.uid);
  });

  test("are not stopped by a record that cannot be read", () => {
    const store = new Shelf();
    const controllers = keeper(store, 0);
    const references: unknown = "nobody";
    const metadata = { name: "odd", namespace: "default", uid: "O" };
    const odd: KubeObject = JSON.parse(
      JSON.stringify({ ...set, metadata: { ...metadata, ownerReferences: references } }),
    );
    store.putSpec(replicaSetResource, odd);
    store.putSpec(replicaSetResource, set);
    const effects = controllers.step({ kind: "tick" }, at(0));
    const told = effects.filter((effect) => effect.kind === "observe");
    assert.equal(told[0]?.event, "controllers.unreadable");
    assert.equal(effects.filter((effect) => effect.kind === "put").length, 2);
  });

  test("no longer listen once they are closed", () => {
    const store = new Shelf();
    const controllers = keeper(store, 0);
    controllers.close();
    store.putSpec(podResource, { ...set, kind: "Pod" });
    assert.equal(controllers.hasWork, false);
  });
});

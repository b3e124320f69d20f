/** What goes with its owner, what stays, and what goes first. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { listAt, nameOf, textAt } from "./client.ts";
import { pod, unbound, workload } from "./manifest.ts";
import type { ResourceName } from "./resource.ts";
import type { World } from "./world.ts";

const owned = "?labelSelector=app%3Down";

/** A workload that has made its dependents. */
async function withDependents(
  world: World,
  owner: "replicationcontrollers" | "deployments",
  dependents: ResourceName,
  count: number,
): Promise<void> {
  await world.create(owner, workload(owner, "own", { replicas: count }));
  const wanted = dependents === "pods" ? count : 1;
  await world.until(`${wanted} ${dependents}`, async () => {
    return (await world.list(dependents, owned)).length === wanted;
  });
}

function deleted(
  world: World,
  owner: ResourceName,
  propagationPolicy: "Background" | "Foreground" | "Orphan",
): Promise<JsonObject> {
  return world.ok(`DELETE ${world.path(owner, "own")}`, {
    kind: "DeleteOptions",
    propagationPolicy,
  });
}

/** What the owner leaves behind is there, and has no owner. */
async function leftBehind(world: World, dependents: ResourceName, count: number): Promise<void> {
  await world.until(`${dependents} without an owner`, async () => {
    const left = await world.list(dependents, owned);
    assert.equal(left.length, count);
    return left.every((each) => listAt(each, "metadata", "ownerReferences").length === 0);
  });
}

function reference(owner: JsonObject, blocks = true): JsonObject {
  const { apiVersion = "v1", kind = "" } = owner;
  const uid = textAt(owner, "metadata", "uid");
  return { apiVersion, kind, name: nameOf(owner), uid, blockOwnerDeletion: blocks };
}

export const garbage: Behaviours = {
  "am GC delete pods created by rc when not orphaning": async (world) => {
    await withDependents(world, "replicationcontrollers", "pods", 5);
    await deleted(world, "replicationcontrollers", "Background");
    await world.untilGone("replicationcontrollers", "own");
    await world.until("its pods gone", async () => (await world.list("pods", owned)).length === 0);
  },

  "am GC orphan pods created by rc": async (world) => {
    await withDependents(world, "replicationcontrollers", "pods", 10);
    await deleted(world, "replicationcontrollers", "Orphan");
    await world.untilGone("replicationcontrollers", "own");
    await leftBehind(world, "pods", 10);
  },

  "am GC delete RS created by deployment when not orphaning": async (world) => {
    await withDependents(world, "deployments", "replicasets", 2);
    await deleted(world, "deployments", "Background");
    await world.until("its ReplicaSet gone", async () => {
      return (await world.list("replicasets", owned)).length === 0;
    });
  },

  "am GC orphan RS created by deployment": async (world) => {
    await withDependents(world, "deployments", "replicasets", 2);
    await deleted(world, "deployments", "Orphan");
    await world.untilGone("deployments", "own");
    await leftBehind(world, "replicasets", 1);
  },

  "am GC keep rc around until all its pods deleted (foreground)": async (world) => {
    await withDependents(world, "replicationcontrollers", "pods", 3);
    const [held = {}] = await world.list("pods", owned);
    await world.patch("pods", nameOf(held), { metadata: { finalizers: ["example.com/wait"] } });
    await deleted(world, "replicationcontrollers", "Foreground");
    await world.until("one pod left", async () => (await world.list("pods", owned)).length === 1);
    const owner = await world.get("replicationcontrollers", "own");
    assert.notEqual(textAt(owner, "metadata", "deletionTimestamp"), "");
    assert.deepEqual(Object(owner["metadata"]).finalizers, ["foregroundDeletion"]);
    await world.patch("pods", nameOf(held), { metadata: { finalizers: null } });
    await world.untilGone("replicationcontrollers", "own");
    assert.deepEqual(await world.list("pods", owned), []);
  },

  "am GC not delete dependents with both valid owner and waiting owner": async (world) => {
    await withDependents(world, "replicationcontrollers", "pods", 4);
    // Its pods are its own, so that it takes no other's.
    await world.create(
      "replicationcontrollers",
      workload("replicationcontrollers", "stays", { replicas: 0 }),
    );
    const stays = reference(await world.get("replicationcontrollers", "stays"));
    const pods = await world.list("pods", owned);
    const shared = pods.slice(0, 2).map(nameOf);
    for (const name of shared) {
      await world.update("pods", name, (object) => {
        const metadata = Object(object["metadata"]);
        const ownerReferences = [...metadata.ownerReferences, stays];
        return { ...object, metadata: { ...metadata, ownerReferences } };
      });
    }
    await deleted(world, "replicationcontrollers", "Foreground");
    await world.untilGone("replicationcontrollers", "own");
    const left = await world.list("pods", owned);
    assert.deepEqual(left.map(nameOf).toSorted(), shared.toSorted());
    for (const each of left) {
      assert.deepEqual(listAt(each, "metadata", "ownerReferences").map(nameOfOwner), ["stays"]);
      assert.equal(textAt(each, "metadata", "deletionTimestamp"), "");
    }
  },

  "am GC not blocked by dependency circle": async (world) => {
    const made: JsonObject[] = [];
    for (const name of ["a", "b", "c"]) made.push(await world.create("pods", pod(name, unbound)));
    for (const [index, each] of made.entries()) {
      const owner = made.at(index - 1) ?? each;
      await world.patch("pods", nameOf(each), {
        metadata: { ownerReferences: [reference(owner)] },
      });
    }
    const [first = {}] = made;
    const options = { kind: "DeleteOptions", propagationPolicy: "Foreground" };
    await world.ok(`DELETE ${world.path("pods", nameOf(first))}`, options);
    await world.until("all gone", async () => (await world.list("pods")).length === 0);
  },
};

function nameOfOwner(owner: JsonObject): string {
  return textAt(owner, "name");
}

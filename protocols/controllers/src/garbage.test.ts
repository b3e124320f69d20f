/** Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource, type KubeObject, type OwnerReference, type Resource } from "@beemesh/model";
import { lookForGarbage } from "./garbage.ts";
import { viewOf } from "./sight.ts";

const maps = resourceOf("configmaps");

function resourceOf(name: string): Resource {
  const resource = findResource("", name);
  assert(resource);
  return resource;
}

function map(name: string, more: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const metadata = { name, namespace: "default", uid: name.toUpperCase(), ...more };
  return { apiVersion: "v1", kind: "ConfigMap", metadata };
}

function owner(name: string, blockOwnerDeletion = true): OwnerReference {
  const uid = name.toUpperCase();
  return { apiVersion: "v1", kind: "ConfigMap", name, uid, blockOwnerDeletion };
}

function effectsOn(object: KubeObject, view: ReturnType<typeof viewOf>) {
  const { actions } = lookForGarbage(maps, object, view);
  return actions.flatMap(({ effects }) => effects);
}

describe("what is owned", () => {
  test("goes when its owner is known to be deleted, and not before", () => {
    const view = viewOf();
    const owned = map("child", { ownerReferences: [owner("a")] });
    view.store.putSpec(maps, owned);
    assert.deepEqual(effectsOn(owned, view), [], "an owner may still be on its way");
    view.store.putSpec(maps, map("a"));
    assert.deepEqual(effectsOn(owned, view), []);
    view.store.remove(maps, "default", "a");
    assert.deepEqual(
      effectsOn(owned, view).map(({ kind }) => kind),
      ["remove"],
    );
  });

  test("goes when another object has its owner's name, or the registry knows a tombstone", () => {
    const owned = map("child", { ownerReferences: [owner("a")] });
    const successor = viewOf();
    successor.store.putSpec(maps, map("a", { uid: "A2" }));
    assert.equal(effectsOn(owned, successor).length, 1);
    const view = { ...viewOf(), wasDeleted: (_: string, name: string) => name === "a" };
    assert.equal(effectsOn(owned, view).length, 1);
  });

  test("stays with the owners that are left", () => {
    const view = viewOf();
    const owned = map("child", { ownerReferences: [owner("a"), owner("b")] });
    view.store.putSpec(maps, map("a"));
    view.store.putSpec(maps, map("b"));
    view.store.remove(maps, "default", "a");
    const [effect] = effectsOn(owned, view);
    assert(effect?.kind === "put");
    assert.deepEqual(effect.object.metadata.ownerReferences, [owner("b")]);
  });
});

test("what stays with another owner is let go by one that waits for it", () => {
  const view = viewOf();
  const waiting = { deletionTimestamp: "now", finalizers: ["foregroundDeletion"] };
  view.store.putSpec(maps, map("a", waiting));
  view.store.putSpec(maps, map("b"));
  const owned = map("child", { ownerReferences: [owner("a"), owner("b")] });
  const [effect] = effectsOn(owned, view);
  assert(effect?.kind === "put");
  assert.deepEqual(effect.object.metadata.ownerReferences, [owner("b")]);
});

describe("an owner that is deleted", () => {
  const ending = { deletionTimestamp: "now" };

  test("in the foreground waits for what it owns", () => {
    const view = viewOf();
    const object = map("a", { ...ending, finalizers: ["foregroundDeletion"] });
    const owned = map("child", { ownerReferences: [owner("a")] });
    view.store.putSpec(maps, object);
    view.store.putSpec(maps, owned);
    assert.deepEqual(effectsOn(object, view), []);
    assert.deepEqual(
      effectsOn(owned, view).map(({ kind }) => kind),
      ["remove"],
    );
    view.store.remove(maps, "default", "child");
    assert.deepEqual(
      effectsOn(object, view).map(({ kind }) => kind),
      ["remove"],
    );
  });

  test("as an orphaner leaves behind what it owns", () => {
    const view = viewOf();
    const object = map("a", { ...ending, finalizers: ["orphan"] });
    view.store.putSpec(maps, object);
    view.store.putSpec(maps, map("child", { ownerReferences: [owner("a")] }));
    const [effect] = effectsOn(object, view);
    assert(effect?.kind === "put");
    assert.equal(effect.object.metadata.ownerReferences, undefined);
    view.store.putSpec(maps, effect.object);
    assert.deepEqual(
      effectsOn(object, view).map(({ kind }) => kind),
      ["remove"],
    );
  });

  test("stays while another holds it, and goes when nobody does", () => {
    const view = viewOf();
    assert.deepEqual(effectsOn(map("a", { ...ending, finalizers: ["x.io/y"] }), view), []);
    const both = map("a", { ...ending, finalizers: ["orphan", "x.io/y"] });
    const [effect] = effectsOn(both, view);
    assert(effect?.kind === "put");
    assert.deepEqual(effect.object.metadata.finalizers, ["x.io/y"]);
    assert.deepEqual(
      effectsOn(map("a", ending), view).map(({ kind }) => kind),
      ["remove"],
    );
  });

  test("is never removed under a pod that still runs", () => {
    const pods = resourceOf("pods");
    const pod = { ...map("a", { ...ending, finalizers: ["orphan"] }), kind: "Pod", spec: {} };
    const [action] = lookForGarbage(pods, pod, viewOf()).actions;
    assert.equal(action?.effects[0]?.kind, "put");
    const bare = { ...map("a", ending), kind: "Pod", spec: {} };
    assert.deepEqual(lookForGarbage(pods, bare, viewOf()).actions, []);
  });
});

/** Namespaces: what is written of them, and what goes with them, in which order. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, textAt } from "./client.ts";
import { labelled, objectOf, pod, unbound } from "./manifest.ts";
import { conditionOf, type World } from "./world.ts";

const finalizer = "example.com/wait";

/** A namespace beside the test's own, gone at its end. */
async function another(world: World, rest: JsonObject = {}): Promise<string> {
  const name = world.unique("other");
  await world.create("namespaces", objectOf("namespaces", "Namespace", name, rest));
  world.atEnd(async () => {
    await world.patch("namespaces", name, { metadata: { finalizers: null } });
    await world.ok(`DELETE ${world.path("namespaces", name)}`);
  });
  return name;
}

/** A namespace that is deleted with an object in it, and made anew without. */
async function goesWith(world: World, collection: string, body: JsonObject): Promise<void> {
  const name = world.unique("other");
  const make = (): Promise<JsonObject> =>
    world.create("namespaces", objectOf("namespaces", "Namespace", name));
  await make();
  await world.ok(`POST /api/v1/namespaces/${name}/${collection}`, body);
  await world.remove("namespaces", name);
  await make();
  world.atEnd(() => world.ok(`DELETE ${world.path("namespaces", name)}`));
  const list = await world.ok(`GET /api/v1/namespaces/${name}/${collection}`);
  assert.deepEqual(listAt(list, "items"), []);
}

export const namespaces: Behaviours = {
  "am Namespaces patch": async (world) => {
    const name = await another(world);
    const patched = await world.patch(
      "namespaces",
      name,
      { metadata: { labels: { a: "b" } } },
      "strategic",
    );
    assert.equal(textAt(patched, "metadata", "labels", "a"), "b");
    assert.equal(textAt(await world.get("namespaces", name), "metadata", "labels", "a"), "b");
  },

  "am Namespaces apply an update": async (world) => {
    const name = await another(world);
    await world.update("namespaces", name, (object) => labelled(object, { a: "b" }));
    const { metadata } = await world.get("namespaces", name);
    assert.equal(textAt(metadata, "labels", "a"), "b");
    assert.equal(textAt(metadata, "labels", "kubernetes.io/metadata.name"), name);
  },

  "am Namespaces apply changes to status": async (world) => {
    const name = await another(world);
    const condition = { type: "Shown", status: "True", reason: "Test", message: "by a test" };
    const shown = { status: { conditions: [condition] } };
    const patched = await world.patch("namespaces", `${name}/status`, shown);
    assert.equal(conditionOf(patched, "Shown"), "True");
    const updated = await world.update("namespaces", `${name}/status`, (object) => ({
      ...object,
      status: {
        ...Object(object["status"]),
        conditions: [...listAt(object, "status", "conditions"), { ...condition, type: "Updated" }],
      },
    }));
    assert.equal(conditionOf(updated, "Updated"), "True");
    assert.equal(textAt(updated, "status", "phase"), "Active");
  },

  "am Namespaces apply a finalizer": async (world) => {
    const name = await another(world);
    await world.ok(`PUT ${world.path("namespaces", name, "finalize")}`, {
      ...(await world.get("namespaces", name)),
      spec: { finalizers: ["kubernetes", finalizer] },
    });
    assert.deepEqual(at(await world.get("namespaces", name), "spec", "finalizers"), [
      "kubernetes",
      finalizer,
    ]);
    await world.ok(`DELETE ${world.path("namespaces", name)}`);
    const ending = await world.untilSeen("namespaces", name, (object) => {
      return (
        textAt(object, "status", "phase") === "Terminating" &&
        at(object, "spec", "finalizers") !== undefined
      );
    });
    await world.ok(`PUT ${world.path("namespaces", name, "finalize")}`, {
      ...ending,
      metadata: { name },
      spec: { finalizers: [] },
    });
    await world.untilGone("namespaces", name);
  },

  "am Namespaces all pods removed when namespace deleted": (world) =>
    goesWith(world, "pods", pod("a", unbound)),

  "am Namespaces all services removed when namespace deleted": (world) =>
    goesWith(world, "services", {
      kind: "Service",
      metadata: { name: "a" },
      spec: { ports: [{ port: 80 }], selector: { a: "b" } },
    }),

  "am OrderedNamespaceDeletion delete pod first": async (world) => {
    const name = await another(world);
    const inside = `/api/v1/namespaces/${name}`;
    const held = { metadata: { name: "held", finalizers: [finalizer] } };
    await world.ok(`POST ${inside}/pods`, { ...held, kind: "Pod", spec: unbound });
    await world.ok(`POST ${inside}/configmaps`, { metadata: { name: "after" }, kind: "ConfigMap" });
    await world.ok(`DELETE ${inside}`);
    await world.untilSeen("namespaces", name, (object) => {
      return conditionOf(object, "NamespaceContentRemaining") === "True";
    });
    const pods = listAt(await world.ok(`GET ${inside}/pods`), "items");
    assert.notEqual(textAt(pods[0], "metadata", "deletionTimestamp"), "");
    const map = await world.ok(`GET ${inside}/configmaps/after`);
    assert.equal(textAt(map, "metadata", "deletionTimestamp"), "", "the pod goes first");
    const free = { metadata: { finalizers: null } };
    await world.ok(`PATCH ${inside}/pods/held`, free, "application/merge-patch+json");
    await world.untilGone("namespaces", name);
  },
};

/** Objects of the core that programs read: what may be written, and what is refused. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { configMap, labelled, objectOf, pod, secret, unbound } from "./manifest.ts";
import { pathOf, type ResourceName } from "./resource.ts";
import type { World } from "./world.ts";

/** Data that is immutable stays as it is: only the object as a whole may go. */
async function staysAsItIs(
  world: World,
  resource: ResourceName,
  make: (data: JsonObject, rest?: JsonObject) => JsonObject,
): Promise<void> {
  await world.create(resource, make({ a: "1" }));
  await world.update(resource, "held", (object) => ({
    ...object,
    ...make({ a: "2" }),
    metadata: object["metadata"] ?? {},
  }));
  const sealed = await world.update(resource, "held", (object) => ({ ...object, immutable: true }));
  const path = world.path(resource, "held");
  for (const change of [{ immutable: false }, { data: { a: "Mw==" } }, { immutable: null }]) {
    const { code, reason, fields } = await world.refused(
      `PATCH ${path}`,
      change,
      "application/merge-patch+json",
    );
    assert.deepEqual([code, reason], [422, "Invalid"], JSON.stringify(change));
    assert.match(fields.join(), /^(?:immutable|data)/u);
  }
  const marked = await world.update(resource, "held", (object) =>
    labelled(object, { still: "possible" }),
  );
  assert.equal(at(marked, "immutable"), true);
  assert.deepEqual(marked["data"], sealed["data"]);
  await world.remove(resource, "held");
}

const marked = "?labelSelector=life%3Dmarked";

/** Three objects with one label, found in all namespaces and deleted by it. */
async function deletedTogether(
  world: World,
  resource: ResourceName,
  make: (name: string) => JsonObject,
): Promise<void> {
  const names = ["a", "b", "c"];
  for (const name of names) await world.create(resource, labelled(make(name), { life: "marked" }));
  await world.create(resource, make("stays"));
  assert.deepEqual((await world.list(resource, marked)).map(nameOf), names);
  await world.ok(`DELETE ${world.path(resource)}${marked}`);
  await world.until(
    `${resource} gone`,
    async () => (await world.list(resource, marked)).length === 0,
  );
  assert.equal(nameOf(await world.get(resource, "stays")), "stays");
}

const data: Behaviours = {
  "node ConfigMap fail to create with empty key": async (world) => {
    const line = `POST ${world.path("configmaps")}`;
    const { code, reason, fields } = await world.refused(line, configMap("empty", { "": "value" }));
    assert.deepEqual([code, reason], [422, "Invalid"]);
    assert.match(fields.join(), /^data/u);
  },

  "node Secrets fail empty key": async (world) => {
    const body = { kind: "Secret", metadata: { name: "empty" }, data: { "": "dmFsdWU=" } };
    const { code, reason, fields } = await world.refused(`POST ${world.path("secrets")}`, body);
    assert.deepEqual([code, reason], [422, "Invalid"]);
    assert.match(fields.join(), /^data/u);
  },

  "node ConfigMap update": async (world) => {
    await world.create("configmaps", configMap("map", { a: "1" }));
    await world.update("configmaps", "map", (object) => ({ ...object, data: { b: "2" } }));
    assert.deepEqual((await world.get("configmaps", "map"))["data"], { b: "2" });
  },

  "node ConfigMap lifecycle": async (world) => {
    const mark = { metadata: { labels: { life: world.namespace } } };
    const query = `?labelSelector=life%3D${world.namespace}`;
    const watch = await world.watch("configmaps", query);
    await world.create("configmaps", configMap("map", { a: "1" }, mark));
    await watch.see("ADDED", "map");
    await world.patch("configmaps", "map", { data: { a: "2" } }, "strategic");
    const { object } = await watch.see("MODIFIED", "map");
    assert.equal(textAt(object, "data", "a"), "2");
    const everywhere = listAt(await world.ok(`GET ${pathOf("configmaps")}${query}`), "items");
    assert.deepEqual(everywhere.map(nameOf), ["map"]);
    await world.ok(`DELETE ${world.path("configmaps")}${query}`);
    await watch.see("DELETED", "map");
    assert.deepEqual(await world.list("configmaps", query), []);
  },

  "node Secrets patch": async (world) => {
    const mark = { metadata: { labels: { life: world.namespace } } };
    await world.create("secrets", secret("held", { key: "value" }, mark));
    const found = listAt(
      await world.ok(`GET ${pathOf("secrets")}?labelSelector=life%3D${world.namespace}`),
      "items",
    );
    assert.deepEqual(
      found.map((each) => textAt(each, "data", "key")),
      ["dmFsdWU="],
    );
    const change = { metadata: { labels: { patched: "yes" } }, data: { key: "b3RoZXI=" } };
    const patched = await world.patch("secrets", "held", change, "strategic");
    assert.deepEqual(
      [textAt(patched, "data", "key"), textAt(patched, "type")],
      ["b3RoZXI=", "Opaque"],
    );
    await world.ok(`DELETE ${world.path("secrets")}?labelSelector=patched%3Dyes`);
    await world.untilGone("secrets", "held");
  },

  "stor ConfigMap immutable": (world) =>
    staysAsItIs(world, "configmaps", (text, rest) => configMap("held", text, rest)),

  "stor Secrets immutable": (world) =>
    staysAsItIs(world, "secrets", (text, rest) => secret("held", text, rest)),
};

const template = { template: { metadata: { labels: { a: "b" } }, spec: unbound } };

const templates: Behaviours = {
  "node PodTemplates delete collection": (world) =>
    deletedTogether(world, "podtemplates", (name) =>
      objectOf("podtemplates", "PodTemplate", name, template),
    ),

  "node PodTemplates replace": async (world) => {
    await world.create("podtemplates", objectOf("podtemplates", "PodTemplate", "held", template));
    const change = { ...template.template, metadata: { labels: { a: "c" } } };
    const updated = await world.update("podtemplates", "held", (object) => ({
      ...labelled(object, { replaced: "yes" }),
      template: change,
    }));
    assert.equal(textAt(updated, "template", "metadata", "labels", "a"), "c");
    assert.equal(
      textAt(await world.get("podtemplates", "held"), "metadata", "labels", "replaced"),
      "yes",
    );
  },
};

const generation = (object: JsonObject): unknown => at(object, "metadata", "generation");
const deadline = (seconds: number): JsonObject => ({ spec: { activeDeadlineSeconds: seconds } });

const pods: Behaviours = {
  "node Pod Generation start at 1": async (world) => {
    assert.equal(generation(await world.create("pods", pod("held", unbound))), 1);
    assert.equal(generation(await world.patch("pods", "held", deadline(5000))), 2);
    const labels = { metadata: { labels: { a: "b" } } };
    assert.equal(generation(await world.patch("pods", "held", labels)), 2);
    const same = await world.patch("pods", "held", deadline(5000));
    assert.equal(generation(same), 2, "nothing of the specification has changed");
  },

  "node Pod Generation custom-set and graceful delete": async (world) => {
    const metadata = { generation: 100, finalizers: ["example.com/wait"] };
    const slow = { ...unbound, terminationGracePeriodSeconds: 30 };
    assert.equal(generation(await world.create("pods", pod("held", slow, metadata))), 1);
    await world.ok(`DELETE ${world.path("pods", "held")}`);
    const ending = await world.get("pods", "held");
    assert.notEqual(textAt(ending, "metadata", "deletionTimestamp"), "");
    assert.equal(generation(ending), 2, "how long it may take is of the specification");
    await world.patch("pods", "held", { metadata: { finalizers: null } });
    await world
      .ok(`DELETE ${world.path("pods", "held")}`, { gracePeriodSeconds: 0 })
      .catch(() => undefined);
    await world.untilGone("pods", "held");
  },

  "node Pod Generation 500 podspec updates": async (world) => {
    await world.create("pods", pod("held", unbound));
    for (let round = 0; round < 500; round += 1) {
      const changed = await world.patch("pods", "held", deadline(100_000 - round));
      assert.equal(generation(changed), round + 2);
    }
  },

  "node Pods patch a pod status": async (world) => {
    await world.create("pods", pod("held", unbound));
    const condition = { type: "example.com/shown", status: "True", reason: "Test" };
    const patched = await world.patch(
      "pods",
      "held/status",
      { status: { conditions: [condition] } },
      "strategic",
    );
    const found = listAt(patched, "status", "conditions").map((each) => textAt(each, "type"));
    assert(found.includes(condition.type), found.join());
  },

  "node Pods delete collection": (world) =>
    deletedTogether(world, "pods", (name) => pod(name, unbound)),

  "stor CSIInline CSIVolumeSource in Pod API": async (world) => {
    const csi = { driver: "csi.example.com", volumeAttributes: { a: "b" } };
    const spec = { ...unbound, volumes: [{ name: "inline", csi }] };
    const made = await world.create("pods", pod("held", spec, { labels: { life: "csi" } }));
    assert.deepEqual(at(made, "spec", "volumes", 0, "csi"), csi);
    const found = await world.list("pods", "?labelSelector=life%3Dcsi");
    assert.equal(found.length, 1);
    const patched = await world.patch("pods", "held", { metadata: { labels: { patched: "yes" } } });
    assert.equal(textAt(patched, "metadata", "labels", "patched"), "yes");
    await world.remove("pods", "held");
  },
};

const nodes: Behaviours = {
  "node Node Lifecycle": async (world) => {
    const name = world.unique("node");
    const watch = await world.watch("nodes", `?fieldSelector=metadata.name%3D${name}`);
    world.atEnd(() => world.ok(`DELETE ${world.path("nodes", name)}`));
    const made = await world.create(
      "nodes",
      objectOf("nodes", "Node", name, { spec: { unschedulable: true } }),
    );
    assert.equal(nameOf(made), name);
    await watch.see("ADDED", name);
    const patched = await world.patch(
      "nodes",
      name,
      { metadata: { labels: { a: "b" } } },
      "strategic",
    );
    assert.equal(textAt(patched, "metadata", "labels", "a"), "b");
    await watch.see("MODIFIED", name);
    const updated = await world.update("nodes", name, (object) => labelled(object, { c: "d" }));
    assert.equal(textAt(updated, "metadata", "labels", "c"), "d");
    const condition = { type: "Shown", status: "True", reason: "Test", message: "by a test" };
    await world.patch(
      "nodes",
      `${name}/status`,
      { status: { conditions: [condition] } },
      "strategic",
    );
    const listed = await world.list("nodes", "?labelSelector=c%3Dd");
    assert.deepEqual(listed.map(nameOf), [name]);
    await world.remove("nodes", name);
    await watch.see("DELETED", name);
  },
};

export const objects: Behaviours = { ...data, ...templates, ...pods, ...nodes };

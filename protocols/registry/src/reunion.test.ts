import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatManagers, type Manager, readManagers, trackUpdate } from "@beemesh/apply";
import { after, instantAt, type Now, seededRandom } from "@beemesh/base";
import { findResource, type KubeObject, type Resource, shapeOf } from "@beemesh/model";
import { type Entry, isJsonObject, type JsonObject } from "@beemesh/wire";
import { signerOf, startMs, trustingVerifier } from "./lossy-network.test.ts";
import { Objects } from "./objects.ts";
import { Registry } from "./registry.ts";
import { reunion } from "./reunion.ts";

function known(group: string, name: string): Resource {
  const resource = findResource(group, name);
  assert(resource !== undefined);
  return resource;
}

const maps = known("", "configmaps");
const deployments = known("apps", "deployments");

const conf: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "conf", namespace: "default", uid: "u1" },
  data: { a: "1" },
};

const web: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default", uid: "u2", generation: 1 },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "one" }] },
    },
  },
};

function at(ms: number): Now {
  return { at: after(instantAt(0), ms), wallMs: startMs + ms };
}

function jsonOf({ metadata, ...rest }: KubeObject): JsonObject {
  const { managedFields: _, resourceVersion: __, ...kept } = metadata;
  const json: unknown = { ...rest, metadata: kept };
  assert(isJsonObject(json));
  return json;
}

/** `object` as `manager` has written it at a second of the day, `before` being there. */
function written(
  resource: Resource,
  [before, object]: readonly [KubeObject | undefined, KubeObject],
  manager: string,
  second: number,
): KubeObject {
  const read = readManagers(before?.metadata.managedFields);
  const managers: readonly Manager[] = read.ok ? read.managers : [];
  const time = `2026-01-01T00:00:0${second}Z`;
  const writer = { manager, apiVersion: object.apiVersion, subresource: "", time };
  const was = before === undefined ? undefined : jsonOf(before);
  const write = { shape: shapeOf(resource), before: was, managers, writer, concerns: () => true };
  const managedFields = formatManagers(trackUpdate(write, jsonOf(object)));
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

const made = written(maps, [undefined, conf], "ann", 1);

function mapWith(
  before: KubeObject,
  data: JsonObject,
  manager: string,
  second: number,
): KubeObject {
  return written(maps, [before, { ...before, data }], manager, second);
}

describe("a reunion of objects", () => {
  const left = mapWith(made, { a: "1", b: "2" }, "bob", 2);
  const right = mapWith(made, { a: "1", c: "3" }, "carl", 3);

  test("holds what both sides have written", () => {
    const both = reunion(maps, left, right);
    assert(both !== undefined);
    assert.deepEqual(both["data"], { a: "1", b: "2", c: "3" });
    assert.equal(reunion(maps, left, both), undefined);
    assert.equal(reunion(maps, right, both), undefined);
  });

  test("leaves the newer version where nobody keeps account, and of another object", () => {
    assert.equal(reunion(maps, left, { ...conf, data: { c: "3" } }), undefined);
    const metadata = { ...right.metadata, uid: "other" };
    assert.equal(reunion(maps, left, { ...right, metadata }), undefined);
    assert.equal(reunion(maps, left, left), undefined);
  });

  test("counts as later than either, if it is another specification", () => {
    const first = written(deployments, [undefined, web], "ann", 1);
    const spec = isJsonObject(web.spec) ? web.spec : {};
    const scaled = { ...first, spec: { ...spec, replicas: 5 } };
    const paused = { ...first, spec: { ...spec, paused: true } };
    const both = reunion(
      deployments,
      written(deployments, [first, generation(scaled, 2)], "bob", 2),
      written(deployments, [first, generation(paused, 2)], "carl", 3),
    );
    assert(both !== undefined && isJsonObject(both.spec));
    assert.equal(both.spec["replicas"], 5);
    assert.equal(both.spec["paused"], true);
    assert.equal(both.metadata.generation, 3);
  });

  test("that would not be valid is none: the newer version holds", () => {
    const first = written(maps, [undefined, { ...conf, data: { a: "1" } }], "ann", 1);
    const text = written(maps, [first, { ...first, data: { a: "1", k: "x" } }], "bob", 2);
    const binary = written(maps, [first, { ...first, binaryData: { k: "eA==" } }], "carl", 3);
    assert.equal(reunion(maps, text, binary), undefined);
  });
});

function generation(object: KubeObject, count: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, generation: count } };
}

/** A machine of a mesh of all of `names`, and what it wants to tell the others. */
function machine(self: string, names: readonly string[]): Objects {
  const options = { verifier: trustingVerifier, random: seededRandom(1) };
  const registry = new Registry({ self, signer: signerOf(self), ...options });
  const store = new Objects({ self, registry, now: at(0) });
  const alive = names.map((id) => ({ id, addresses: [] }));
  store.step({ kind: "members", alive }, at(0));
  return store;
}

function news(store: Objects): readonly Entry[] {
  return store.takeEffects().flatMap((effect) => (effect.kind === "persist" ? effect.entries : []));
}

/** Tells machines of each other's entries until there is nothing new. */
function meet(stores: ReadonlyMap<string, Objects>, now: Now): number {
  let rounds = 0;
  for (let isNews = true; isNews; rounds += 1) {
    assert(rounds < 10, "they come to an end");
    isNews = false;
    const told = [...stores].map(([name, store]) => [name, news(store)] as const);
    for (const [name, store] of stores) {
      for (const [from, e] of told.filter(([other, said]) => other !== name && said.length > 0)) {
        store.step({ kind: "message", from, message: { k: "r.give", e } }, now);
        isNews = true;
      }
    }
  }
  return rounds;
}

test("after a cut, all machines hold what every side has written", () => {
  const names = ["ann", "bob", "carl"];
  const stores = new Map(names.map((name) => [name, machine(name, names)]));
  const [ann, bob, carl] = names.map((name) => stores.get(name));
  assert(ann && bob && carl);
  ann.putSpec(maps, made);
  meet(stores, at(10));
  const sides: readonly (readonly [Objects, JsonObject, string, number])[] = [
    [ann, { a: "9" }, "left", 2],
    [bob, { a: "1", b: "2" }, "right", 3],
    [carl, { a: "1", c: "3" }, "far", 4],
  ];
  for (const [store, data, manager, second] of sides) {
    store.advance(at(100 * second));
    const before = store.get(maps, "default", "conf");
    assert(before !== undefined);
    store.putSpec(maps, mapWith(before, data, manager, second));
  }
  meet(stores, at(1000));
  for (const store of stores.values()) {
    const object = store.get(maps, "default", "conf");
    assert.deepEqual(object?.["data"], { a: "9", b: "2", c: "3" });
    assert(!("ancestors" in (object ?? {})));
  }
});

test("what was written later on one side replaces what was before, and brings nothing back", () => {
  const names = ["ann", "bob"];
  const stores = new Map(names.map((name) => [name, machine(name, names)]));
  const [ann, bob] = names.map((name) => stores.get(name));
  assert(ann && bob);
  ann.putSpec(maps, made);
  meet(stores, at(10));
  const before = bob.get(maps, "default", "conf");
  assert(before !== undefined);
  bob.advance(at(100));
  bob.putSpec(maps, mapWith(before, { b: "2" }, "right", 2));
  meet(stores, at(200));
  for (const store of stores.values()) {
    assert.deepEqual(store.get(maps, "default", "conf")?.["data"], { b: "2" });
  }
});

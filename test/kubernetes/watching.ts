/** What watches tell, in which order, from which moment on; and lists in pieces. */
import assert from "node:assert/strict";
import { isJsonObject, type JsonObject } from "../../core/wire/src/index.ts";
import { TestClient } from "../../planes/apiserver/src/test-client.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt, type WatchEvent } from "./client.ts";
import { configMap } from "./manifest.ts";
import type { World } from "./world.ts";

const of = (label: string): string => `?labelSelector=watch%3D${label}`;

function labelledMap(name: string, label: string, data: JsonObject = {}): JsonObject {
  return configMap(name, data, { metadata: { labels: { watch: label } } });
}

/** Writes the next number into a map's data; what the map becomes. */
function mutate(world: World, name: string, mutation: number): Promise<JsonObject> {
  return world.patch("configmaps", name, { data: { mutation: String(mutation) } });
}

function versionOf(object: JsonObject): string {
  return textAt(object, "metadata", "resourceVersion");
}

function shown(events: readonly WatchEvent[]): readonly string[] {
  return events.map(({ type, object }) => {
    return `${type} ${nameOf(object)} ${textAt(object, "data", "mutation")}`;
  });
}

/** A list in pages: the names of each, from first to last. */
async function pagesOf(world: World, limit: number): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let next = "";
  let revision = "";
  let left = Number.NaN;
  do {
    const query = `?limit=${limit}${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`;
    const list = await world.ok(`GET ${world.path("podtemplates")}${query}`);
    const names = listAt(list, "items").map(nameOf);
    next = textAt(list, "metadata", "continue");
    const version = textAt(list, "metadata", "resourceVersion");
    if (revision !== "") assert.equal(version, revision, "all pages are of one moment");
    revision = version;
    const remaining = at(list, "metadata", "remainingItemCount");
    if (remaining !== undefined && !Number.isNaN(left)) {
      assert.equal(Number(remaining), left - names.length);
    }
    left = Number(remaining ?? 0);
    pages.push(names);
  } while (next !== "");
  return pages;
}

const createdAtOnce = 20;

const template = { template: { spec: { containers: [{ name: "a", image: "x" }] } } };

async function makeTemplates(world: World, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `t-${String(index).padStart(4, "0")}`);
  // Some at a time, as client-go does.
  for (let from = 0; from < count; from += createdAtOnce) {
    await Promise.all(
      names
        .slice(from, from + createdAtOnce)
        .map((name) =>
          world.create("podtemplates", { kind: "PodTemplate", metadata: { name }, ...template }),
        ),
    );
  }
  return names;
}

const watchers: Behaviours = {
  "am Watchers observe add update delete on configmaps": async (world) => {
    const both = await world.watch("configmaps", `?labelSelector=watch%20in%20(a%2Cb)`);
    const [ofA, ofB] = [
      await world.watch("configmaps", of("a")),
      await world.watch("configmaps", of("b")),
    ];
    for (const label of ["a", "b"] as const) {
      const own = label === "a" ? ofA : ofB;
      const name = `map-${label}`;
      await world.create("configmaps", labelledMap(name, label));
      for (const mutation of [1, 2]) await mutate(world, name, mutation);
      await world.remove("configmaps", name);
      await own.see("DELETED", name);
      await both.see("DELETED", name);
      assert.deepEqual(shown(own.events), [
        `ADDED ${name} `,
        `MODIFIED ${name} 1`,
        `MODIFIED ${name} 2`,
        `DELETED ${name} 2`,
      ]);
    }
    assert.deepEqual(shown(both.events), [...shown(ofA.events), ...shown(ofB.events)]);
  },

  "am Watchers start watching from a specific resource version": async (world) => {
    await world.create("configmaps", labelledMap("map", "from"));
    const first = await mutate(world, "map", 1);
    await mutate(world, "map", 2);
    await world.remove("configmaps", "map");
    const watch = await world.watch(
      "configmaps",
      `${of("from")}&resourceVersion=${versionOf(first)}`,
    );
    await watch.see("DELETED", "map");
    assert.deepEqual(shown(watch.events), ["MODIFIED map 2", "DELETED map 2"]);
  },

  "am Watchers restart watching from last resource version": async (world) => {
    const watch = await world.watch("configmaps", of("restart"));
    await world.create("configmaps", labelledMap("map", "restart"));
    await mutate(world, "map", 1);
    const last = await watch.see("MODIFIED", "map");
    watch.close();
    await mutate(world, "map", 2);
    await world.remove("configmaps", "map");
    const again = await world.watch(
      "configmaps",
      `${of("restart")}&resourceVersion=${versionOf(last.object)}`,
    );
    await again.see("DELETED", "map");
    assert.deepEqual(shown(again.events), ["MODIFIED map 2", "DELETED map 2"]);
  },

  "am Watchers observe deletion if stops meeting selector": async (world) => {
    const watch = await world.watch("configmaps", of("in"));
    await world.create("configmaps", labelledMap("map", "in"));
    await mutate(world, "map", 1);
    const label = (value: string): JsonObject => ({ metadata: { labels: { watch: value } } });
    await world.patch("configmaps", "map", label("out"));
    await watch.see("DELETED", "map");
    await mutate(world, "map", 2);
    await world.patch("configmaps", "map", label("in"));
    await mutate(world, "map", 3);
    await world.remove("configmaps", "map");
    await watch.see("DELETED", "map");
    assert.deepEqual(shown(watch.events), [
      "ADDED map ",
      "MODIFIED map 1",
      "DELETED map 1",
      "ADDED map 2",
      "MODIFIED map 3",
      "DELETED map 3",
    ]);
  },

  "am Watchers receive events on concurrent watches in same order": async (world) => {
    const began = versionOf(await world.ok(`GET ${world.path("configmaps")}`));
    const query = `?labelSelector=watch%3Dorder&resourceVersion=${began}`;
    const first = await world.watch("configmaps", query);
    const rounds = Array.from({ length: 10 }, (_, index) => index);
    const others = await Promise.all(
      rounds.map(async (round) => {
        const name = `map-${round}`;
        await world.create("configmaps", labelledMap(name, "order"));
        const watch = await world.watch("configmaps", query);
        await mutate(world, name, round);
        await world.remove("configmaps", name);
        return watch;
      }),
    );
    await world.create("configmaps", labelledMap("last", "order"));
    await first.see("ADDED", "last");
    assert.equal(first.events.length, 31);
    for (const other of others) {
      await other.see("ADDED", "last");
      assert.deepEqual(shown(other.events), shown(first.events));
      assert.deepEqual(
        other.events.map(({ object }) => versionOf(object)),
        first.events.map(({ object }) => versionOf(object)),
      );
    }
  },
};

const chunks: Behaviours = {
  "am Chunking return chunks of results for list calls": async (world) => {
    const names = await makeTemplates(world, 400);
    for (const limit of [37, 100, 400, 1000]) {
      const pages = await pagesOf(world, limit);
      assert.deepEqual(pages.flat(), names);
      assert(pages.every((page) => page.length <= limit));
      assert.equal(pages.length, Math.ceil(names.length / limit));
    }
  },

  // In one process, whose log forgets soon: a machine's remembers for more than a minute.
  "am Chunking continue listing if original version compacted, inconsistent": async () => {
    const client = new TestClient({ changesMax: 100 });
    const path = "/api/v1/namespaces/default/configmaps";
    const names = Array.from({ length: 40 }, (_, index) => `map-${String(index).padStart(2, "0")}`);
    for (const name of names) client.send(`POST ${path}`, configMap(name, {}));
    const first = listOf(client.send(`GET ${path}?limit=10&labelSelector=`).body);
    const next = `GET ${path}?limit=10&continue=${encodeURIComponent(tokenOf(first))}`;
    assert.equal(client.send(next).status, 200);
    for (let n = 0; n <= 100; n += 1)
      client.send(`PUT ${path}/map-00`, configMap("map-00", { n: `${n}` }));
    const late = client.send(next);
    assert.deepEqual([late.status, textAt(listOf(late.body), "reason")], [410, "Expired"]);
    const goOn = tokenOf(listOf(late.body));
    assert.notEqual(goOn, "", "the answer says how to go on");
    const rest = listOf(client.send(`GET ${path}?continue=${encodeURIComponent(goOn)}`).body);
    const whole = [...listAt(first, "items"), ...listAt(rest, "items")].map(nameOf);
    assert.deepEqual(
      whole.filter((name) => name.startsWith("map-")),
      names,
    );
    assert.notEqual(versionOf(rest), versionOf(first), "the rest is of a later moment");
  },
};

function listOf(body: unknown): JsonObject {
  assert(isJsonObject(body));
  return body;
}

function tokenOf(list: JsonObject): string {
  return textAt(list, "metadata", "continue");
}

export const watching: Behaviours = { ...watchers, ...chunks };

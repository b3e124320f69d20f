/** A ConfigMap whose keys are written one by one, for the tests of what comes together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, isKubeObject, type KubeObject, ResourceBook } from "@beemesh/model";
import { type Entry, formatStamp, isJsonObject, type PeerId, type Stamp } from "@beemesh/wire";
import { accountAfter } from "./edits.ts";
import type { LossyNetwork } from "./lossy-network.test.ts";
import { readObject, specBodyOf } from "./object-reader.ts";
import type { Registry } from "./registry.ts";
import { type Kinds, Reunions } from "./reunions.ts";

const found = findResource("", "configmaps");
assert(found !== undefined);
export const maps = found;

export const collection = "configmaps/default";
const place = { namespace: "default" };

/** Takes every object as it is. */
export const anyKind: Kinds = { complete: (_, object) => object, faults: () => [] };

export function reunionsOf(kinds: Kinds = anyKind): Reunions {
  return new Reunions({ resources: new ResourceBook(), kinds });
}

export type Data = Readonly<Record<string, string>>;

export function mapOf(name: string, data: Data): KubeObject {
  const metadata = { name, namespace: "default", uid: `uid-${name}` };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
}

/** The body of a map that takes the place of a version, or is the first one. */
export function bodyAfter(before: Entry | undefined, object: KubeObject): string {
  const base = before === undefined || before.body === "" ? undefined : readObject(before, place);
  if (before === undefined || base === undefined) return specBodyOf(object);
  return specBodyOf(object, accountAfter(maps, { base, spec: before }, object));
}

/** What a machine holds of a map. */
export function dataOf(registry: Registry, name: string): Data | undefined {
  const entry = registry.get(collection, name, "spec");
  const object = entry === undefined || entry.body === "" ? undefined : readObject(entry, place);
  if (object === undefined) return undefined;
  const data: Record<string, string> = {};
  for (const [key, value] of Object.entries(isJsonObject(object["data"]) ? object["data"] : {})) {
    assert(typeof value === "string");
    data[key] = value;
  }
  return data;
}

/** Sets some keys of a map on one machine, which makes it if it is not there. */
export function setKeys(network: LossyNetwork, on: PeerId, name: string, data: Data): Stamp {
  const registry = network.registry(on);
  const before = registry.get(collection, name, "spec");
  const object = mapOf(name, { ...dataOf(registry, name), ...data });
  network.write(on, `${collection}:${name}`, bodyAfter(before, object));
  const stamp = registry.get(collection, name, "spec")?.stamp;
  assert(stamp !== undefined);
  return stamp;
}

test("a map is kept as it is written, and nobody sees its account", () => {
  const object = mapOf("conf", { a: "1" });
  assert(isKubeObject(object));
  const spec: Entry = {
    collection,
    name: "conf",
    part: "spec",
    stamp: formatStamp({ wallMs: 1_800_000_000_000, counter: 0, machine: "ann" }),
    author: "ann",
    body: bodyAfter(undefined, object),
    signature: "",
  };
  assert.deepEqual(readObject(spec, place), object);
  const next = { ...spec, body: bodyAfter(spec, mapOf("conf", { a: "2" })) };
  assert.match(next.body, /"edits":\{"base":"[0-9a-z]{12}\.0".*"on":\["ann"\]\}/u);
  assert.deepEqual(readObject(next, place), mapOf("conf", { a: "2" }));
});

/** What every kind can do: the whole life of its objects, from discovery to the deleted collection. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import {
  apiVersionOf,
  baseOf,
  isNamespaced,
  pathOf,
  pluralOf,
  type ResourceName,
} from "./resource.ts";
import type { World } from "./world.ts";

/** What is special about a kind. */
export interface Kind {
  readonly resource: ResourceName;
  readonly kind: string;
  /** An object's own members, beside its metadata. */
  readonly body: JsonObject;
  /** A merge patch that changes an object; it must be seen to have been made. */
  readonly change: JsonObject;
  /** A merge patch of `/status`, where there is one. */
  readonly status?: JsonObject;
  /** What stays in an object that is being deleted is taken out first. */
  readonly name?: (world: World, index: number) => string;
}

/** Plays the life of three objects. */
export async function playLife(world: World, kind: Kind): Promise<void> {
  const { resource } = kind;
  await discover(world, kind);
  const mark = world.unique("life");
  const names = [0, 1, 2].map(
    (index) => kind.name?.(world, index) ?? world.unique(`life-${index}`),
  );
  const [first = "", second = ""] = names;
  const selector = `?labelSelector=life%3D${mark}`;
  world.atEnd(() => world.client.send(`DELETE ${world.path(resource)}${selector}`));
  const watch = await world.watch(resource, selector);
  for (const name of names) {
    const made = await world.create(resource, objectOf(kind, name, mark));
    assert.equal(nameOf(made), name);
    assert.notEqual(textAt(made, "metadata", "uid"), "");
    assert.equal(made["apiVersion"], apiVersionOf(resource));
    await watch.see("ADDED", name);
  }
  await find(world, kind, { names, selector });
  await change(world, kind, first);
  await watch.next("the change", ({ type, object }) => {
    return type === "MODIFIED" && nameOf(object) === first && has(object, kind.change);
  });
  if (kind.status !== undefined) await changeStatus(world, kind, first);
  await world.remove(resource, second);
  await watch.see("DELETED", second);
  await world.ok(`DELETE ${world.path(resource)}${selector}`);
  await world.until(`no ${resource} left`, async () => {
    return (await world.list(resource, selector)).length === 0;
  });
  watch.close();
}

function objectOf({ resource, kind, body }: Kind, name: string, mark: string): JsonObject {
  const metadata = { name, labels: { life: mark } };
  return { apiVersion: apiVersionOf(resource), kind, metadata, ...body };
}

/** The group, its version and the kind are found. */
async function discover(world: World, { resource, kind, status }: Kind): Promise<void> {
  const version = apiVersionOf(resource);
  const [group, isCore] = [version.split("/")[0] ?? "", version === "v1"];
  if (!isCore) {
    const groups = listAt(await world.ok("GET /apis"), "groups");
    const found = groups.find((each) => each["name"] === group);
    assert(listAt(found, "versions").some((each) => each["groupVersion"] === version));
    const own = await world.ok(`GET /apis/${group}`);
    assert.equal(own["kind"], "APIGroup");
  }
  const list = listAt(await world.ok(`GET ${baseOf(resource)}`), "resources");
  const row = list.find((each) => each["name"] === pluralOf(resource));
  assert.equal(textAt(row, "kind"), kind);
  assert.equal(at(row, "namespaced"), isNamespaced(resource));
  const hasStatus = list.some((each) => each["name"] === `${pluralOf(resource)}/status`);
  if (status !== undefined) assert(hasStatus, `${kind} has a status`);
}

/** Each is found by its name, and all by their label: in the namespace and in all of them. */
async function find(
  world: World,
  { resource }: Kind,
  { names, selector }: { readonly names: readonly string[]; readonly selector: string },
): Promise<void> {
  for (const name of names) assert.equal(nameOf(await world.get(resource, name)), name);
  const sorted = names.toSorted();
  const here = await world.list(resource, selector);
  assert.deepEqual(here.map(nameOf).toSorted(), sorted);
  const everywhere = await world.ok(`GET ${pathOf(resource)}${selector}`);
  assert.deepEqual(listAt(everywhere, "items").map(nameOf).toSorted(), sorted);
}

async function change(world: World, { resource, change: body }: Kind, name: string): Promise<void> {
  const patched = await world.patch(resource, name, body);
  assert(has(patched, body), JSON.stringify(patched));
  const before = textAt(patched, "metadata", "resourceVersion");
  const updated = await world.update(resource, name, (object) => annotated(object, "updated"));
  assert.equal(textAt(updated, "metadata", "annotations", "life"), "updated");
  assert.notEqual(textAt(updated, "metadata", "resourceVersion"), before);
  const stale = {
    ...updated,
    metadata: { ...Object(updated["metadata"]), resourceVersion: before },
  };
  const { code, reason } = await world.refused(`PUT ${world.path(resource, name)}`, stale);
  assert.deepEqual([code, reason], [409, "Conflict"]);
}

async function changeStatus(world: World, kind: Kind, name: string): Promise<void> {
  const { resource, status = {} } = kind;
  const part = `${name}/status`;
  assert.equal(nameOf(await world.get(resource, part)), name);
  const patched = await world.patch(resource, part, { status });
  assert(has(patched, { status }), JSON.stringify(patched));
  const updated = await world.update(resource, part, (object) => annotated(object, "status"));
  assert(has(updated, { status }), JSON.stringify(updated));
}

function annotated(object: JsonObject, text: string): JsonObject {
  const metadata = Object(object["metadata"]);
  const annotations = { ...Object(metadata.annotations), life: text };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** Whether a value has all that another has, lists as they are. */
export function has(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(value) &&
      value.length === wanted.length &&
      wanted.every((each, index) => has(value[index], each))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return value === wanted;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(wanted).every(([name, each]) => has(Object(value)[name], each));
}

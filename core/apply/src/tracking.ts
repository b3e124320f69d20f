/**
 * Keeps account of who owns which field, through every write of an object.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";
import { type Comparison, compare } from "./comparison.ts";
import { extentOf } from "./extent.ts";
import { memberElement } from "./field-path.ts";
import {
  difference,
  equalSets,
  type FieldPath,
  type FieldSet,
  filterTop,
  intersection,
  isEmpty,
  noFields,
  pathsOf,
  setOf,
  union,
} from "./field-set.ts";
import { foldOld, idText, type Manager, type ManagerId } from "./manager.ts";
import { merged, pruned } from "./merge.ts";
import type { Shape } from "./shape.ts";

/** Who writes, and when. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** RFC 3339. */
  readonly time: string;
}

/** One write of an object: between which versions, and what of them it can change. */
export interface Write {
  readonly shape: Shape;
  /** undefined if the object is new. */
  readonly before: JsonObject | undefined;
  readonly managers: readonly Manager[];
  readonly writer: Writer;
  /** Whether the write concerns a member at the top, such as `spec`. */
  readonly concerns: (member: string) => boolean;
}

/** A field that another manager owns with another value. */
export interface Conflict {
  readonly owner: ManagerId;
  readonly path: FieldPath;
}

/** What an application comes to. */
export type Application =
  | { readonly ok: true; readonly object: JsonObject; readonly managers: readonly Manager[] }
  | { readonly ok: false; readonly conflicts: readonly Conflict[] };

/** Who owned the fields before anybody applied something, where that was not recorded. */
const beforeFirstApply = "before-first-apply";

/** The annotation in which kubectl keeps what it applied itself. */
export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** The subresource through which the status is written. */
const statusSubresource = "status";

/** Names and what only the server sets belong to nobody (apimachinery, managedfields/stripmeta). */
const unowned = setOf([
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((member) => ["f:metadata", memberElement(member)]),
]);

/**
 * The managers after a write that is no application: what it changed is the writer's, and nobody
 * else's. An object that nobody has kept account of stays so until somebody applies to it.
 */
export function trackUpdate(write: Write, after: JsonObject): readonly Manager[] {
  const { before, managers, writer, shape } = write;
  if (before !== undefined && managers.length === 0) return managers;
  const id: ManagerId = { ...idOf(writer), operation: "Update" };
  const changes = concerned(write, compare(shape, before, after));
  const taken = difference(union(changes.added, changes.modified), unowned);
  const others = managers
    .filter((each) => idText(each) !== idText(id))
    .map((each) => without(each, changes));
  const own = managers.find((each) => idText(each) === idText(id));
  const fields = union(difference(own?.fields ?? noFields, changes.removed), taken);
  const time = isEmpty(taken) && own !== undefined ? own.time : writer.time;
  return foldOld(present([...others, { ...id, time, fields }]));
}

/** What is applied, and how. */
export interface Applied {
  readonly config: JsonObject;
  /** Takes what others own with other values. */
  readonly isForced: boolean;
}

/**
 * Applies a configuration: merges it into the live object, takes away what the writer owned
 * alone and does not apply any more, and makes the writer the owner of what it applies. The
 * object is as applied, without defaults.
 */
export function applyConfiguration(write: Write, applied: Applied): Application {
  const result = attempt(write, applied);
  if (result.ok || write.writer.manager !== "kubectl" || write.before === undefined) return result;
  // What kubectl's own client-side apply wrote, and nobody has changed since, is no conflict.
  const allowed = lastAppliedFields(write, write.before);
  const conflicts = result.conflicts.filter(({ path }) =>
    isEmpty(intersection(setOf([path]), allowed)),
  );
  if (conflicts.length > 0) return { ok: false, conflicts };
  return attempt(write, { ...applied, isForced: true });
}

function attempt(write: Write, { config, isForced }: Applied): Application {
  const { shape, before, writer } = write;
  const id: ManagerId = { ...idOf(writer), operation: "Apply" };
  const known = accounted(write);
  const own = known.find((each) => idText(each) === idText(id));
  const others = known.filter((each) => each !== own);
  const extent = concernedSet(write, extentOf(shape, config));
  const owned = [extent, ...others.map(({ fields }) => fields)].reduce(union);
  const whole = merged(shape, before, config) ?? {};
  const last = own?.fields ?? noFields;
  const next = pruned(shape, whole, { last, owned }) ?? {};
  const object = isJsonObject(next) ? next : {};
  const changes = concerned(write, compare(shape, before, object));
  const claimed = union(changes.added, changes.modified);
  const conflicts = others.flatMap((owner) =>
    pathsOf(intersection(owner.fields, claimed)).map((path) => ({ owner, path })),
  );
  if (conflicts.length > 0 && !isForced) return { ok: false, conflicts: inOrder(conflicts) };
  const fields = difference(extent, unowned);
  const left = others.map((each) => without(each, changes));
  const isSame = isNothing(changes) && own !== undefined && equalSets(fields, own.fields);
  const time = isSame ? own.time : writer.time;
  return { ok: true, object, managers: present([...left, { ...id, time, fields }]) };
}

/**
 * The managers of a live object; one for all that the writer can change if nobody has kept
 * account of that. The status is written by others than the rest, and its account is its own.
 */
function accounted(write: Write): readonly Manager[] {
  const { before, managers, writer } = write;
  const ofStatus = writer.subresource === statusSubresource;
  const isKnown = managers.some((each) => (each.subresource === statusSubresource) === ofStatus);
  if (isKnown || before === undefined) return managers;
  const unknown = { ...writer, manager: beforeFirstApply };
  return trackUpdate({ ...write, before: undefined, writer: unknown }, before);
}

/** The fields that client-side apply has written and that are still as it wrote them. */
function lastAppliedFields(write: Write, live: JsonObject): FieldSet {
  const { metadata } = live;
  const annotations = isJsonObject(metadata) ? metadata["annotations"] : undefined;
  const text = isJsonObject(annotations) ? annotations[lastAppliedAnnotation] : undefined;
  const config = typeof text === "string" ? parseJson(text) : undefined;
  if (!isJsonObject(config) || config["apiVersion"] !== write.writer.apiVersion) return noFields;
  const changes = compare(write.shape, config, live);
  const changed = [changes.added, changes.modified, changes.removed].reduce(union);
  return difference(extentOf(write.shape, config), changed);
}

function idOf({ manager, apiVersion, subresource }: Writer): Omit<ManagerId, "operation"> {
  return { manager: manager === "" ? "unknown" : manager, apiVersion, subresource };
}

function without(each: Manager, { added, modified, removed }: Comparison): Manager {
  const lost = [added, modified, removed].reduce(union);
  return { ...each, fields: difference(each.fields, lost) };
}

function concerned(write: Write, { added, modified, removed }: Comparison): Comparison {
  return {
    added: concernedSet(write, added),
    modified: concernedSet(write, modified),
    removed: concernedSet(write, removed),
  };
}

function concernedSet({ concerns }: Write, set: FieldSet): FieldSet {
  return filterTop(set, (element) => concerns(element.slice(2)));
}

function isNothing({ added, modified, removed }: Comparison): boolean {
  return [added, modified, removed].every(isEmpty);
}

function present(managers: readonly Manager[]): readonly Manager[] {
  return managers.filter(({ fields }) => !isEmpty(fields));
}

function inOrder(conflicts: readonly Conflict[]): readonly Conflict[] {
  return conflicts.toSorted((a, b) => (idText(a.owner) < idText(b.owner) ? -1 : 1));
}

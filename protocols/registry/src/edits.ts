/**
 * Which write was the last to change which field of a record's specification. The account stands
 * in the body that is signed, in the metadata of the object, where no resource has a member of
 * its own; nobody outside the registry sees it. An object that was never changed has none: the
 * stamp of its entry says it all.
 */
import {
  type EditTree,
  editStamps,
  editsAfter,
  formatEdits,
  type Member,
  ownStamp,
  parseEdits,
  wholeEdit,
} from "@beemesh/apply";
import { type KubeObject, type Resource, shapeOf } from "@beemesh/model";
import {
  type CollectionId,
  type Entry,
  isJsonObject,
  isStamp,
  type Json,
  type JsonObject,
  objectLimits,
  parseJson,
  readStamp,
} from "@beemesh/wire";
import { tombstoneMsMax } from "./limits.ts";

/** The member of the metadata in which the account stands. */
export const editsMember = "edits";

/**
 * Kinds of which the newer specification holds whole. A Lease is one decision: who holds it, since
 * when and until when cannot come from two. The others are written by machines and controllers,
 * which look again and write what is missing; an account would only make their records larger.
 */
const wholeKinds: ReadonlySet<string> = new Set([
  "pods.",
  "events.",
  "events.events.k8s.io",
  "leases.coordination.k8s.io",
  "endpoints.",
  "endpointslices.discovery.k8s.io",
  "replicasets.apps",
  "controllerrevisions.apps",
]);

/** Whether versions of a resource's objects come together field by field. */
export function isByField({ name, group }: Pick<Resource, "name" | "group">): boolean {
  return !wholeKinds.has(`${name}.${group}`);
}

/** Whether the records of a collection come together field by field. */
export function isCollectionByField(collection: CollectionId): boolean {
  const [qualified = ""] = collection.split("/");
  return !wholeKinds.has(qualified.includes(".") ? qualified : `${qualified}.`);
}

/** Whether a body may have an account of edits; one that has none was written whole. */
export function mayHaveEdits({ body }: Pick<Entry, "body">): boolean {
  return body.includes(`"${editsMember}":{"base":`);
}

/** The edits of a version, by the stamp that it was written at. */
export function editsOf(entry: Pick<Entry, "body" | "stamp">): EditTree {
  if (!mayHaveEdits(entry)) return wholeEdit(entry.stamp);
  return editsIn(parseJson(entry.body, objectLimits), entry);
}

/** The edits of a version whose body has been read. */
export function editsIn(body: Json | undefined, { stamp }: Pick<Entry, "stamp">): EditTree {
  const metadata = isJsonObject(body) ? body["metadata"] : undefined;
  const json = isJsonObject(metadata) ? metadata[editsMember] : undefined;
  const edits = json === undefined ? undefined : parseEdits(json, stamp);
  return edits !== undefined && editStamps(edits).every(isStamp) ? edits : wholeEdit(stamp);
}

/** The account of a version that is to be written in the place of another one. */
export function accountAfter(
  resource: Resource,
  { base, spec }: { readonly base: KubeObject; readonly spec: Entry },
  next: KubeObject,
): JsonObject | undefined {
  if (!isByField(resource)) return undefined;
  const change = { before: contentOf(base), after: contentOf(next), stamp: ownStamp };
  const edits = editsAfter(placeOf(resource), editsOf(spec), change);
  return formatEdits(edits, isOlderThan(spec));
}

/** The place of a whole object: the top of what its schema describes. */
export function placeOf(resource: Resource): Member {
  return { shape: shapeOf(resource), isDeclared: true };
}

/** Whether a stamp is from before any cut that is promised to heal. */
export function isOlderThan({ stamp }: Pick<Entry, "stamp">): (edit: string) => boolean {
  const { wallMs } = readStamp(stamp);
  return (edit) => isStamp(edit) && readStamp(edit).wallMs < wallMs - tombstoneMsMax;
}

/**
 * What writes can change of an object: not what names it, nor the account of its owners, nor the
 * count of its changes, which follow from the rest; nor the status, which is a part of its own.
 */
export function contentOf(object: KubeObject): JsonObject {
  const { apiVersion: _, kind: __, status: ___, metadata, ...rest } = object;
  const {
    name: ____,
    namespace: _____,
    uid: ______,
    creationTimestamp: _______,
    generation: ________,
    resourceVersion: _________,
    managedFields: __________,
    ...kept
  } = metadata;
  const content: unknown = { ...rest, metadata: kept };
  return isJsonObject(content) ? content : {};
}

/**
 * Brings together what was written on two sides of a cut. The newest stamp holds in the registry,
 * whatever happens; this finds out whether the version that it holds lacks something that another
 * one says, and what both are as one.
 *
 *     A: ann sets replicas ───┐
 *                             ├──▶ the newer of both, with what the other one has changed
 *     B: bob sets the image ──┘
 *
 * The reunion is a version of its own, stamped right after the newer one, so that any real write
 * holds against it. Whoever makes it of the same two makes the same.
 */
import {
  coversEdits,
  type EditTree,
  formatEdits,
  formatManagers,
  joinedEdits,
  type Manager,
  readManagers,
  reunitedManagers,
  reunitedValue,
} from "@beemesh/apply";
import { isKubeObject, type KubeObject, type Resource, type ResourceBook } from "@beemesh/model";
import { canonicalJson, type Entry, isJsonObject, objectLimits, parseJson } from "@beemesh/wire";
import {
  contentOf,
  editsIn,
  editsOf,
  isCollectionByField,
  isOlderThan,
  mayHaveEdits,
  placeOf,
} from "./edits.ts";
import { objectIn, specBodyOf } from "./object-reader.ts";
import { bodyFits } from "./object-size.ts";
import { resourceIn } from "./resource-in.ts";

/** What must be known of the kinds of objects to judge a reunion. */
export interface Kinds {
  /** The object as it is kept; undefined if it is being deleted and nothing holds it any more. */
  readonly complete: (resource: Resource, object: KubeObject) => KubeObject | undefined;
  /** The fields that are not valid in an object, or in its change from `before`. */
  readonly faults: (
    resource: Resource,
    object: KubeObject,
    before: KubeObject,
  ) => readonly string[];
}

/** What two versions come to. */
export type Reunion =
  /** The newer one says all that the older one does, or the two are not of the same object. */
  | { readonly kind: "covered" }
  /** The body of both together; empty if nothing is left of the object. */
  | { readonly kind: "united"; readonly body: string }
  /** Both together are not valid in these fields: the newer one stands whole. */
  | {
      readonly kind: "invalid";
      readonly object: KubeObject;
      readonly fields: readonly string[];
    };

const covered: Reunion = { kind: "covered" };

export interface ReunionsOptions {
  readonly resources: ResourceBook;
  readonly kinds: Kinds;
}

/** Finds out what versions lack, and makes them one. */
export class Reunions {
  readonly #options: ReunionsOptions;

  constructor(options: ReunionsOptions) {
    this.#options = options;
  }

  /** Whether a version may lack what older ones say: what was written whole says all anew. */
  mayLack(newer: Entry): boolean {
    return isCandidate(newer) && mayHaveEdits(newer);
  }

  /** Whether a version lacks what an older one says. */
  lacks(newer: Entry, older: Entry): boolean {
    if (!isCandidate(older) || !this.mayLack(newer)) return false;
    return !coversEdits(editsOf(newer), editsOf(older));
  }

  /** What two versions of one specification are together. */
  unite(newer: Entry, older: Entry): Reunion {
    if (!isCandidate(older) || !this.mayLack(newer)) return covered;
    const { group, name, place } = resourceIn(newer.collection);
    const resource = this.#options.resources.find(group, name);
    if (resource === undefined) return covered;
    const namespace = resource.namespaced ? place : "";
    const [next, former] = [newer, older].map((entry) => versionOf(entry, namespace));
    if (next === undefined || former === undefined) return covered;
    if (coversEdits(next.edits, former.edits)) return covered;
    if (next.object.metadata.uid !== former.object.metadata.uid) return covered;
    return this.#judged({ resource, next, former }, isOlderThan(newer));
  }

  #judged(pair: Versions, isOld: (stamp: string) => boolean): Reunion {
    const { resource, next, former } = pair;
    const { kinds } = this.#options;
    const object = united(pair);
    const whole = object && kinds.complete(resource, object);
    if (object !== undefined && whole === undefined) return { kind: "united", body: "" };
    const fields = whole === undefined ? [""] : kinds.faults(resource, whole, next.object);
    const invalid = { kind: "invalid", object: next.object, fields } as const;
    if (whole === undefined || fields.length > 0) return invalid;
    const edits = formatEdits(joinedEdits(next.edits, former.edits), isOld);
    const body = specBodyOf(whole, edits);
    return bodyFits(body) ? { kind: "united", body } : invalid;
  }
}

/** Whether an entry is a specification of which others may have changed other fields. */
function isCandidate({ part, body, collection }: Entry): boolean {
  return part === "spec" && body !== "" && isCollectionByField(collection);
}

/** A version as it was read. */
interface Version {
  readonly object: KubeObject;
  readonly edits: EditTree;
}

function versionOf(entry: Entry, namespace: string): Version | undefined {
  const json = parseJson(entry.body, objectLimits);
  const object = objectIn(json, entry, { namespace });
  return object && { object, edits: editsIn(json, entry) };
}

/** Two versions of one object: the newer one, and the one before it. */
interface Versions {
  readonly resource: Resource;
  readonly next: Version;
  readonly former: Version;
}

function united({ resource, next, former }: Versions): KubeObject | undefined {
  const content = reunitedValue(
    placeOf(resource),
    { value: contentOf(next.object), edits: next.edits },
    { value: contentOf(former.object), edits: former.edits },
  );
  const { apiVersion, kind } = next.object;
  const { name, namespace, uid, creationTimestamp } = next.object.metadata;
  const place = namespace === undefined ? { name, uid } : { name, namespace, uid };
  const made = creationTimestamp === undefined ? place : { ...place, creationTimestamp };
  const said = isJsonObject(content) ? content : {};
  const told = isJsonObject(said["metadata"]) ? said["metadata"] : {};
  const managers = reunitedManagers(accountOf(next), accountOf(former));
  const managedFields = managers.length === 0 ? {} : { managedFields: formatManagers(managers) };
  const deletion = deletionOf(next.object, former.object);
  const metadata = { ...told, ...deletion, ...made, ...managedFields };
  const object: unknown = { apiVersion, kind, ...said, metadata };
  if (!isKubeObject(object)) return undefined;
  return resource.hasGeneration ? counted(object, next.object, former.object) : object;
}

function accountOf({ object, edits }: Version): {
  readonly managers: readonly Manager[];
  readonly edits: EditTree;
} {
  return { managers: managersOf(object), edits };
}

function managersOf({ metadata }: KubeObject): readonly Manager[] {
  const read = readManagers(metadata.managedFields);
  return read.ok ? read.managers : [];
}

/** Nobody takes a deletion back: it is the sooner of two. */
function deletionOf(a: KubeObject, b: KubeObject): Partial<KubeObject["metadata"]> {
  const marked = [a.metadata, b.metadata]
    .filter(({ deletionTimestamp }) => deletionTimestamp !== undefined)
    .toSorted((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1));
  const [{ deletionTimestamp, deletionGracePeriodSeconds } = {}] = marked;
  if (deletionTimestamp === undefined) return {};
  return deletionGracePeriodSeconds === undefined
    ? { deletionTimestamp }
    : { deletionTimestamp, deletionGracePeriodSeconds };
}

function timeOf({ deletionTimestamp = "" }: KubeObject["metadata"]): string {
  return deletionTimestamp;
}

/** A specification that is not the newer one's counts as later than both. */
function counted(object: KubeObject, next: KubeObject, former: KubeObject): KubeObject {
  const count = Math.max(next.metadata.generation ?? 0, former.metadata.generation ?? 0);
  const generation = specificationText(object) === specificationText(next) ? count : count + 1;
  return { ...object, metadata: { ...object.metadata, generation } };
}

function specificationText(object: KubeObject): string {
  const { metadata: _, status: __, ...rest } = object;
  return canonicalJson(rest);
}

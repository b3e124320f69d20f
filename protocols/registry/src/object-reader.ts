import { joinAccounts, splitAccount } from "@beemesh/apply";
import type { KubeObject, ObjectMeta } from "@beemesh/model";
import type { Revision } from "@beemesh/ports";
import {
  type Entry,
  isJsonObject,
  type Json,
  type JsonObject,
  objectLimits,
  parseJson,
} from "@beemesh/wire";
import { editsMember } from "./edits.ts";

/** Where an object of a specification must say that it is. */
export interface Place {
  /** Empty for cluster-wide objects. */
  readonly namespace: string;
}

/**
 * Reads the object of a specification, whose metadata must say what the entry's key says.
 *
 * @returns The object, or undefined if the body holds none: not every author is our own API.
 */
export function readObject(entry: Entry, place: Place): KubeObject | undefined {
  return objectIn(parseJson(entry.body, objectLimits), entry, place);
}

/** The object of a body that has been read; undefined if it holds none. */
export function objectIn(
  json: Json | undefined,
  entry: Pick<Entry, "name">,
  { namespace }: Place,
): KubeObject | undefined {
  if (!isJsonObject(json) || !isJsonObject(json["metadata"])) return undefined;
  const { apiVersion, kind } = json;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  const metadata = readMeta(json["metadata"], entry.name, namespace);
  return metadata && { ...json, apiVersion, kind, metadata };
}

function readMeta(metadata: JsonObject, name: string, namespace: string): ObjectMeta | undefined {
  const { uid } = metadata;
  if (metadata["name"] !== name || typeof uid !== "string" || uid === "") return undefined;
  if ((metadata["namespace"] ?? "") !== namespace) return undefined;
  const { resourceVersion: _, [editsMember]: __, ...rest } = metadata;
  return { ...rest, name, uid };
}

/** A status, and who owns which field of it. */
export interface ReadStatus {
  readonly status: unknown;
  readonly managedFields?: readonly unknown[];
}

/** Reads a status entry; its status is undefined if it holds none. */
export function readStatus(entry: Entry): ReadStatus {
  const json = parseJson(entry.body, objectLimits);
  if (!isJsonObject(json)) return { status: undefined };
  const { status, managedFields } = json;
  return Array.isArray(managedFields) ? { status, managedFields } : { status };
}

/** A specification joined with a status. */
export function withStatus(base: KubeObject, { status, managedFields }: ReadStatus): KubeObject {
  const whole = status === undefined ? base : { ...base, status };
  if (managedFields === undefined) return whole;
  const joined = joinAccounts(base.metadata.managedFields, managedFields);
  return { ...whole, metadata: { ...base.metadata, managedFields: joined } };
}

/**
 * The body that a specification is kept as: all but the status, the field managers of the
 * status, and what a machine adds; with the account of its edits, if there is one.
 */
export function specBodyOf(object: KubeObject, edits?: JsonObject): string {
  const { status: _, metadata, ...rest } = object;
  const { resourceVersion: __, managedFields, ...kept } = metadata;
  const { ofSpec } = splitAccount(managedFields);
  const account = ofSpec.length === 0 ? {} : { managedFields: ofSpec };
  const edited = edits === undefined ? {} : { [editsMember]: edits };
  return JSON.stringify({ ...rest, metadata: { ...kept, ...account, ...edited } });
}

/** The body that a status is kept as. */
export function statusBodyOf({ status, metadata }: KubeObject): string {
  const { ofStatus } = splitAccount(metadata.managedFields);
  const account = ofStatus.length === 0 ? {} : { managedFields: ofStatus };
  return JSON.stringify({ status: status ?? {}, ...account });
}

/** The object as it is given out: with the revision of its last change. */
export function withRevision(object: KubeObject, resourceVersion: Revision): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

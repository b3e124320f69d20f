/**
 * Reading members of JSON of which only the types are known to be right, or nothing at all: what
 * is not there, or of another type, reads as empty.
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

/** The value at a path of member names; undefined where there is none. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const member of path) {
    if (!isJsonObject(found) || !Object.hasOwn(found, member)) return undefined;
    found = found[member];
  }
  return found;
}

/** The text at a path; empty without one. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : "";
}

/** A plain value as text; empty for nothing, objects and lists. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The number at a path. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, path);
  return typeof found === "number" ? found : undefined;
}

/** The object at a path. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject | undefined {
  const found = valueAt(value, path);
  return isJsonObject(found) ? found : undefined;
}

/** The members of the object at a path; none without one. */
export function entriesAt(value: unknown, ...path: readonly string[]): readonly [string, Json][] {
  return Object.entries(objectAt(value, ...path) ?? {});
}

/** The list at a path; empty without one. */
export function listAt(value: unknown, ...path: readonly string[]): readonly Json[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

/** The objects of the list at a path. An item that is no object reads as an empty one. */
export function objectsAt(value: unknown, ...path: readonly string[]): readonly JsonObject[] {
  return listAt(value, ...path).map((item) => (isJsonObject(item) ? item : {}));
}

/** Whether there is a value: `null` says, as in Kubernetes, that there is none. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The path of a member: `spec` below nothing, `spec.replicas` below `spec`. */
export function memberPath(path: string, member: string): string {
  return path === "" ? member : `${path}.${member}`;
}

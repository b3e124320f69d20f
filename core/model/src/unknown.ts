/** Members that the schema does not know: named for strict clients, dropped for the others. */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { memberPath } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";
import { type Field, type TypeSchema, typeNamed, typeOfResource } from "./schema.ts";
import { mapValues, walk } from "./walk.ts";

/** More unknown fields than this are not named one by one. */
const unknownMax = 100;

/**
 * The paths of members that a resource's objects do not have, such as
 * `spec.template.spec.containers[0].imagee`, in the order in which they stand. At most 100.
 */
export function unknownFields(
  resource: Resource,
  body: KubeObject | JsonObject,
): readonly string[] {
  const unknown: string[] = [];
  if (!isJsonObject(body)) return unknown;
  walk(typeOfResource(resource), body, (type, object, path) => {
    const strangers = Object.keys(object).filter((member) => !type.members.has(member));
    unknown.push(...strangers.map((member) => memberPath(path, member)));
  });
  return unknown.slice(0, unknownMax);
}

/** The text of the error, or of the warning, for unknown fields. */
export function unknownFieldsText(fields: readonly string[]): string {
  return fields.map((field) => `unknown field ${JSON.stringify(field)}`).join(", ");
}

/** An object without the members that its type does not have. */
export function pruneUnknown(resource: Resource, body: KubeObject): KubeObject;
export function pruneUnknown(resource: Resource, body: JsonObject): JsonObject;
export function pruneUnknown(
  resource: Resource,
  body: KubeObject | JsonObject,
): KubeObject | JsonObject {
  return isJsonObject(body) ? pruned(typeOfResource(resource), body) : body;
}

function pruned(type: TypeSchema, object: JsonObject): JsonObject {
  const known = Object.entries(object).filter(([member]) => type.members.has(member));
  return mapValues(type, Object.fromEntries(known), prunedValue);
}

function prunedValue(field: Field, value: Json): Json {
  const type = typeNamed(field.type);
  return type === undefined || !isJsonObject(value) ? value : pruned(type, value);
}

/** Walking objects by their schema. */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { isSet, memberPath } from "./members.ts";
import { type Field, type TypeSchema, typeNamed } from "./schema.ts";

/** What is called for every object whose type is known. */
export type Visit = (type: TypeSchema, object: JsonObject, path: string) => void;

/** One value of a field: the value itself, or each value of its list or map. */
export interface FieldValue {
  readonly value: Json;
  readonly path: string;
}

/**
 * Calls `visit` for an object and all objects in it, holders first. What is not of the type that
 * the schema says is passed over.
 */
export function walk(type: TypeSchema, object: JsonObject, visit: Visit, path = ""): void {
  visit(type, object, path);
  for (const [member, value] of Object.entries(object)) {
    const field = type.members.get(member);
    const inner = field === undefined ? undefined : typeNamed(field.type);
    if (field === undefined || inner === undefined) continue;
    for (const each of valuesOf(field, value, memberPath(path, member))) {
      if (isJsonObject(each.value)) walk(inner, each.value, visit, each.path);
    }
  }
}

/** The values of a field, with their paths; none if it is not of the shape that it should be. */
export function valuesOf(field: Field, value: Json, path: string): readonly FieldValue[] {
  if (!isSet(value)) return [];
  if (field.shape === "one") return [{ value, path }];
  if (field.shape === "list") {
    if (!Array.isArray(value)) return [];
    return value.map((item: Json, index) => ({ value: item, path: `${path}[${index}]` }));
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).map(([key, item]) => ({ value: item, path: `${path}[${key}]` }));
}

/** An object with each value of its known fields replaced by what `change` makes of it. */
export function mapValues(
  type: TypeSchema,
  object: JsonObject,
  change: (field: Field, value: Json) => Json,
): JsonObject {
  const members = Object.entries(object).map(([member, value]): [string, Json] => {
    const field = type.members.get(member);
    return [member, field === undefined ? value : mapField(field, value, change)];
  });
  return Object.fromEntries(members);
}

function mapField(field: Field, value: Json, change: (field: Field, value: Json) => Json): Json {
  if (field.shape === "one") return change(field, value);
  if (Array.isArray(value)) return value.map((item: Json) => change(field, item));
  if (field.shape === "list" || !isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(field, item)]));
}

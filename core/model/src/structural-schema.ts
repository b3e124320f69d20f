/** The schema of a kind as one document without references, for whoever types expressions by it. */
import type { Json, JsonObject } from "@beemesh/wire";
import type { Resource } from "./resource.ts";
import { type Field, type TypeSchema, typeNamed, typeOfResource } from "./schema.ts";

/** Anything: what has more than one form, and what has any. */
const anything: JsonObject = { "x-kubernetes-int-or-string": true };

const scalars: Readonly<Record<string, JsonObject>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer" },
  int64: { type: "integer" },
  double: { type: "number" },
};

/** The members of a kind's objects, and of theirs. What is inside its own kind is anything. */
export function structuralSchema(resource: Resource): JsonObject {
  return objectSchema(typeOfResource(resource), []);
}

function objectSchema(type: TypeSchema, around: readonly TypeSchema[]): JsonObject {
  if (around.includes(type)) return anything;
  const path = [...around, type];
  const properties = [...type.members].map(([name, field]): [string, Json] => [
    name,
    fieldSchema(field, path),
  ]);
  return { type: "object", properties: Object.fromEntries(properties) };
}

function fieldSchema({ type, shape }: Field, around: readonly TypeSchema[]): JsonObject {
  const inner = typeNamed(type);
  const value = inner === undefined ? (scalars[type] ?? anything) : objectSchema(inner, around);
  if (shape === "list") return { type: "array", items: value };
  return shape === "map" ? { type: "object", additionalProperties: value } : value;
}

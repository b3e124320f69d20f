/** Makes objects complete, as kube-apiserver does before it validates and stores them. */
import { assert } from "@beemesh/base";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { fillers } from "./default-values.ts";
import { isSet } from "./members.ts";
import { isKubeObject, type KubeObject } from "./object.ts";
import { withFallbacks } from "./published-rules.ts";
import { canonicalQuantity } from "./quantity.ts";
import type { Resource } from "./resource.ts";
import { type Field, type TypeSchema, typeNamed, typeOfResource } from "./schema.ts";
import { mapValues } from "./walk.ts";

/**
 * An object with every default filled in, quantities in their canonical form, and members that
 * are null left out. To do it twice changes nothing more. Members of a wrong type stay as they
 * are, for validation to name.
 */
export function defaults(resource: Resource, body: KubeObject): KubeObject {
  assert(isJsonObject(body), "an object of Kubernetes is a JSON object");
  const complete = completed(typeOfResource(resource), body);
  assert(isKubeObject(complete), "defaults keep apiVersion, kind and metadata");
  return complete;
}

function completed(type: TypeSchema, object: JsonObject): JsonObject {
  const members = Object.entries(object).filter(([, value]) => isSet(value));
  const present = Object.fromEntries(members);
  const filled = fillers[type.name]?.(present) ?? present;
  return mapValues(type, withFallbacks(type, filled), completedValue);
}

function completedValue(field: Field, value: Json): Json {
  if (field.type === "Quantity") return textOrNumber(canonicalQuantity(value), value);
  if (value === null && field.shape === "map" && field.type === "string") return "";
  const type = typeNamed(field.type);
  return type === undefined || !isJsonObject(value) ? value : completed(type, value);
}

function textOrNumber(canonical: unknown, value: Json): Json {
  return typeof canonical === "string" ? canonical : value;
}

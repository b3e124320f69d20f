/**
 * The shape of values that a structural OpenAPI schema describes, as the ones of custom
 * resources are.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { deduced, leaf, mapOf, type Shape, structOf } from "./shape.ts";

/** How an embedded object's `metadata` is taken, which its schema does not describe. */
export interface OpenApiShapeOptions {
  readonly metadata: Shape;
}

/**
 * The shape of a value by its schema: `x-kubernetes-list-type` and `-list-map-keys`,
 * `x-kubernetes-map-type`, `x-kubernetes-preserve-unknown-fields` and
 * `x-kubernetes-embedded-resource`. Lists are atomic and objects granular where nothing is said;
 * below fields that are preserved without a schema objects are granular, and lists atomic.
 */
export function shapeOfOpenApi(schema: Json, options: OpenApiShapeOptions): Shape {
  if (!isJsonObject(schema)) return deduced;
  if (schema["x-kubernetes-int-or-string"] === true) return leaf;
  const { type } = schema;
  if (type === "array") return listShape(schema, options);
  if (type === "object" || schema["properties"] !== undefined) return objectShape(schema, options);
  return type === undefined ? deduced : leaf;
}

function listShape(schema: JsonObject, options: OpenApiShapeOptions): Shape {
  const listType = schema["x-kubernetes-list-type"];
  const items = schema["items"] ?? {};
  if (listType === "set") return { kind: "list", keys: [], keyDefaults: {}, item: leaf };
  if (listType !== "map") return leaf;
  const listed = schema["x-kubernetes-list-map-keys"];
  const keys = (Array.isArray(listed) ? listed : []).filter((key) => typeof key === "string");
  if (keys.length === 0) return leaf;
  return {
    kind: "list",
    keys,
    keyDefaults: keyDefaults(items, keys),
    item: shapeOfOpenApi(items, options),
  };
}

function keyDefaults(items: Json, keys: readonly string[]): JsonObject {
  const properties = isJsonObject(items) ? items["properties"] : undefined;
  const found = keys.flatMap((key): [string, Json][] => {
    const property = isJsonObject(properties) ? properties[key] : undefined;
    const value = isJsonObject(property) ? property["default"] : undefined;
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(found);
}

function objectShape(schema: JsonObject, options: OpenApiShapeOptions): Shape {
  if (schema["x-kubernetes-map-type"] === "atomic") return leaf;
  const { properties, additionalProperties } = schema;
  if (!isJsonObject(properties)) {
    return isJsonObject(additionalProperties)
      ? mapOf(shapeOfOpenApi(additionalProperties, options))
      : deduced;
  }
  const members = new Map(
    Object.entries(properties).map(([name, inner]) => [name, shapeOfOpenApi(inner, options)]),
  );
  if (schema["x-kubernetes-embedded-resource"] === true) members.set("metadata", options.metadata);
  return structOf(members);
}

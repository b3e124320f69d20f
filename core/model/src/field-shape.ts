/** The served kinds as server-side apply sees them: what of their objects is owned whole. */
import { type ListShape, leaf, mapOf, type Shape, shapeOfOpenApi, structOf } from "@beemesh/apply";
import { assert } from "@beemesh/base";
import type { JsonObject } from "@beemesh/wire";
import type { Resource } from "./resource.ts";
import { type Field, type TypeSchema, typeNamed, typeOfResource } from "./schema.ts";

/** Shapes of custom resources: a definition that is changed makes new resources. */
const customShapes = new WeakMap<Resource, Shape>();

/** The shape of a resource's objects. */
export function shapeOf(resource: Resource): Shape {
  const { custom } = resource;
  if (custom === undefined) return shapeOfType(typeOfResource(resource));
  const known = customShapes.get(resource);
  if (known !== undefined) return known;
  const made = shapeOfCustom(custom.schema);
  customShapes.set(resource, made);
  return made;
}

/** The shape of a custom resource's objects, by the structural schema of one of its versions. */
export function shapeOfCustom(schema: JsonObject): Shape {
  const metadata = typeNamed("meta.v1.ObjectMeta");
  assert(metadata !== undefined, "the schema has the metadata of objects");
  const object = { ...schema, type: "object", "x-kubernetes-embedded-resource": true };
  const properties = schema["properties"] ?? {};
  return shapeOfOpenApi({ ...object, properties }, { metadata: shapeOfType(metadata) });
}

/** Shapes that were asked for: types hold each other, and some themselves. */
const shapes = new Map<string, Shape>();

function shapeOfType(type: TypeSchema): Shape {
  const known = shapes.get(type.name);
  if (known !== undefined) return known;
  const members = new Map<string, Shape>();
  const shape = structOf(members);
  // Known before its members are, so that a type that holds itself comes to an end.
  shapes.set(type.name, shape);
  for (const field of type.members.values()) members.set(field.name, shapeOfField(field));
  return shape;
}

function shapeOfField(field: Field): Shape {
  const { shape, merge } = field;
  if (shape === "list") return listShape(field);
  if (merge.isAtomic) return leaf;
  return shape === "map" ? mapOf(shapeOfValue(field)) : shapeOfValue(field);
}

function shapeOfValue({ type: name, merge }: Field): Shape {
  const type = typeNamed(name);
  if (type === undefined || (type.isAtomic && !merge.isGranular)) return leaf;
  return shapeOfType(type);
}

function listShape(field: Field): Shape {
  const { listType, listKeys } = field.merge;
  if (listType !== "set" && listType !== "map") return leaf;
  const item = listType === "set" ? leaf : shapeOfValue(field);
  const keys = listType === "set" ? [] : listKeys;
  const list: ListShape = { kind: "list", keys, keyDefaults: keyDefaults(field), item };
  return list;
}

/**
 * What keys are that an item of a list leaves out: only protocols have a default
 * (client-go, applyconfigurations/internal).
 */
function keyDefaults({ merge, type }: Field): JsonObject {
  const hasDefault = merge.listKeys.includes("protocol") && !type.endsWith(".EndpointPort");
  return hasDefault ? { protocol: "TCP" } : {};
}

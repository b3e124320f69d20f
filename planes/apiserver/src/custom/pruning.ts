/**
 * Takes from an object what its schema does not know.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/
 * custom-resource-definitions/#field-pruning
 */
import { unknownMetadata } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { memberNode, type SchemaNode } from "./schema.ts";

/** An object without the members that its schema does not know, and their paths. */
export interface Pruned {
  readonly object: JsonObject;
  readonly unknown: readonly string[];
}

/** More unknown members than this are not named one by one. */
const unknownMax = 100;

/** Members that every object of Kubernetes has. */
const ofObjects = ["apiVersion", "kind", "metadata"];

/** Prunes an object of a resource. */
export function prune(node: SchemaNode, object: JsonObject): Pruned {
  const unknown: string[] = [];
  const kept = prunedObject({ ...node, isEmbedded: true }, object, { path: "", unknown });
  return { object: kept, unknown: unknown.slice(0, unknownMax).toSorted() };
}

interface Place {
  readonly path: string;
  readonly unknown: string[];
}

function prunedObject(node: SchemaNode, object: JsonObject, place: Place): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [member, value] of Object.entries(object)) {
    const path = place.path === "" ? member : `${place.path}.${member}`;
    const inner = memberNode(node, member);
    const below = { path, unknown: place.unknown };
    if (node.isEmbedded && member === "metadata") put(kept, member, prunedMetadata(value, below));
    else if (inner !== undefined) put(kept, member, prunedValue(inner, value, below));
    else if (node.preserves || (node.isEmbedded && ofObjects.includes(member))) {
      put(kept, member, value);
    } else place.unknown.push(path);
  }
  return kept;
}

/** A member may be called `__proto__`. */
function put(kept: Record<string, Json>, member: string, value: Json): void {
  Object.defineProperty(kept, member, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function prunedValue(node: SchemaNode, value: Json, place: Place): Json {
  if (isJsonObject(value)) return prunedObject(node, value, place);
  if (!Array.isArray(value) || node.items === undefined) return value;
  const { items } = node;
  return value.map((item: Json, index) => {
    const path = `${place.path}[${index}]`;
    return prunedValue(items, item, { path, unknown: place.unknown });
  });
}

function prunedMetadata(value: Json, { path, unknown }: Place): Json {
  if (!isJsonObject(value)) return value;
  const strangers = unknownMetadata(value);
  if (strangers.length === 0) return value;
  unknown.push(...strangers.map((stranger) => `${path}.${stranger}`));
  const left = Object.entries(value).filter(([member]) => !strangers.includes(member));
  return Object.fromEntries(left);
}

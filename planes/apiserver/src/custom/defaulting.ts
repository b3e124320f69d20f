/**
 * Fills in what a schema says is there if nothing is said, in what is written and what is read.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/
 * custom-resource-definitions/#defaulting-and-nullable
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { memberNode, type SchemaNode } from "./schema.ts";

/** An object with its defaults. Null where it may not be is as if nothing was said. */
export function withDefaults(node: SchemaNode, object: JsonObject): JsonObject {
  const members = new Map(Object.entries(object));
  let isChanged = false;
  const put = (member: string, value: Json): void => {
    isChanged = true;
    members.set(member, value);
  };
  for (const [member, inner] of node.members) {
    const value = members.get(member);
    const isNothing = value === undefined || (value === null && !inner.isNullable);
    if (isNothing && inner.fallback !== undefined) put(member, inner.fallback);
  }
  for (const [member, value] of members) {
    const inner = memberNode(node, member);
    const next = inner === undefined ? value : defaulted(inner, value);
    if (next !== value) put(member, next);
  }
  return isChanged ? Object.fromEntries(members) : object;
}

function defaulted(node: SchemaNode, value: Json): Json {
  if (isJsonObject(value)) return withDefaults(node, value);
  if (!Array.isArray(value) || node.items === undefined) return value;
  const { items } = node;
  const next = value.map((item: Json) => defaulted(items, item));
  return next.every((item, index) => item === value[index]) ? value : next;
}

/** Lists that are sets or maps have each item, or each key, once. */
import { type Cause, duplicate } from "@beemesh/model";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { memberNode, type SchemaNode } from "./schema.ts";
import { memberPath } from "./value-rules.ts";

/** The items that an earlier one has the key of. */
export function listCauses(node: SchemaNode, value: Json, path = ""): readonly Cause[] {
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([member, inner]) => {
      const own = memberNode(node, member);
      return own === undefined ? [] : listCauses(own, inner, memberPath(path, member));
    });
  }
  if (!Array.isArray(value)) return [];
  const { items } = node;
  const inner =
    items === undefined
      ? []
      : value.flatMap((item: Json, index) => listCauses(items, item, `${path}[${index}]`));
  return [...duplicates(node, value, path), ...inner];
}

function duplicates(node: SchemaNode, list: readonly Json[], path: string): readonly Cause[] {
  if (node.listType !== "set" && node.listType !== "map") return [];
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const key = node.listType === "set" ? item : keysOf(node, item);
    const text = canonicalJson(key);
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, key)];
    seen.add(text);
    return [];
  });
}

function keysOf({ listKeys }: SchemaNode, item: Json): JsonObject {
  const entries = listKeys.flatMap((key): [string, Json][] => {
    const value = isJsonObject(item) ? item[key] : undefined;
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

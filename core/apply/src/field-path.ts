/** Elements of paths, and paths as people read them. */
import { canonicalJson, isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";
import type { FieldPath } from "./field-set.ts";

/** The element of a member of an object. */
export function memberElement(name: string): string {
  return `f:${name}`;
}

/** The element of an item of a list, by its keys. */
export function keyElement(keys: JsonObject): string {
  return `k:${canonicalJson(keys)}`;
}

/** The element of an item of a set. */
export function valueElement(value: Json): string {
  return `v:${canonicalJson(value)}`;
}

/**
 * A path as Kubernetes writes it, such as `.spec.containers[name="web"].image`.
 *
 * Source: sigs.k8s.io/structured-merge-diff, fieldpath/path.go.
 */
export function pathText(path: FieldPath): string {
  return path.map(elementText).join("");
}

function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("i:")) return `[${rest}]`;
  if (element.startsWith("v:")) return `[=${rest}]`;
  const keys = parseJson(rest);
  if (!isJsonObject(keys)) return `[${rest}]`;
  const pairs = Object.entries(keys).map(([key, value]) => `${key}=${canonicalJson(value)}`);
  return `[${pairs.join(",")}]`;
}

/**
 * Sets of fields, such as the ones that a manager owns, as Kubernetes writes them (FieldsV1):
 *
 *     { "f:data": { ".": {}, "f:colour": {} } }     the fields .data and .data.colour
 *
 * A set is a tree. An element of a path is kept in the text that the format has for it: `f:name`
 * for a member, `k:{"name":"web"}` for the item of a list with these keys, `v:"x"` for the item
 * of a list that is this value, `i:0` for an item by its index.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";

/** A set of fields below one field, which may itself be among them. */
export interface FieldSet {
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

/** The elements from the top of an object to one of its fields. */
export type FieldPath = readonly string[];

/** No field at all. */
export const noFields: FieldSet = { isMember: false, children: new Map() };

/** The field itself, and none below. */
export const itself: FieldSet = { isMember: true, children: new Map() };

/** Fields that no set of a manager goes beyond: objects nest as deep (`objectLimits`). */
const fieldDepthMax = 64;

/** Whether there is no field in the set. Sets are made without empty branches. */
export function isEmpty({ isMember, children }: FieldSet): boolean {
  return !isMember && children.size === 0;
}

/** The fields of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const other = children.get(element);
    children.set(element, other === undefined ? child : union(other, child));
  }
  return { isMember: a.isMember || b.isMember, children };
}

/** The fields of both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combined(a, a.isMember && b.isMember, (element, child) => {
    const other = b.children.get(element);
    return other === undefined ? noFields : intersection(child, other);
  });
}

/** The fields of `a` that are not in `b`, each by itself: what is below a field of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a;
  return combined(a, a.isMember && !b.isMember, (element, child) => {
    const other = b.children.get(element);
    return other === undefined ? child : difference(child, other);
  });
}

/** The fields below those elements at the top that are `kept`. */
export function filterTop(set: FieldSet, isKept: (element: string) => boolean): FieldSet {
  return combined(set, set.isMember, (element, child) => (isKept(element) ? child : noFields));
}

function combined(
  { children }: FieldSet,
  isMember: boolean,
  of: (element: string, child: FieldSet) => FieldSet,
): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [element, child] of children) {
    const next = of(element, child);
    if (!isEmpty(next)) kept.set(element, next);
  }
  return { isMember, children: kept };
}

/** Whether the sets hold the same fields. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a.isMember !== b.isMember || a.children.size !== b.children.size) return false;
  return [...a.children].every(([element, child]) => {
    const other = b.children.get(element);
    return other !== undefined && equalSets(child, other);
  });
}

/** The paths of all fields, in the order of their text. */
export function pathsOf(set: FieldSet, at: FieldPath = []): readonly FieldPath[] {
  const below = [...set.children]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([element, child]) => pathsOf(child, [...at, element]));
  return set.isMember ? [at, ...below] : below;
}

/** The set of some paths. */
export function setOf(paths: Iterable<FieldPath>): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.add(path);
  return builder.set;
}

interface Growing extends FieldSet {
  isMember: boolean;
  readonly children: Map<string, Growing>;
}

/** Collects paths. */
export class FieldSetBuilder {
  readonly #root: Growing = { isMember: false, children: new Map() };

  /** What has been collected; it must not grow any more. */
  get set(): FieldSet {
    return this.#root;
  }

  add(path: FieldPath): void {
    let at = this.#root;
    for (const element of path) {
      let child = at.children.get(element);
      if (child === undefined) {
        child = { isMember: false, children: new Map() };
        at.children.set(element, child);
      }
      at = child;
    }
    at.isMember = true;
  }
}

/** The set as FieldsV1. */
export function formatFields(set: FieldSet): JsonObject {
  const elements = [...set.children].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const children = elements.map(([element, child]): [string, Json] => [
    element,
    child.children.size === 0 ? {} : formatBranch(child),
  ]);
  return Object.fromEntries(children);
}

function formatBranch(set: FieldSet): JsonObject {
  return set.isMember ? { ".": {}, ...formatFields(set) } : formatFields(set);
}

/** Reads FieldsV1; undefined if it is none. */
export function parseFields(json: unknown, depth = 0): FieldSet | undefined {
  if (!isJsonObject(json) || depth > fieldDepthMax) return undefined;
  const children = new Map<string, FieldSet>();
  let isMember = false;
  for (const [text, value] of Object.entries(json)) {
    const child = parseFields(value, depth + 1);
    if (child === undefined) return undefined;
    if (text === ".") {
      isMember = true;
      continue;
    }
    const element = parseElement(text);
    if (element === undefined) return undefined;
    // No fields below means that it is the field itself.
    children.set(element, isEmpty(child) ? itself : child);
  }
  return { isMember: isMember && depth > 0, children };
}

/** An element in the one text that it has here, whatever the order of its keys was. */
function parseElement(text: string): string | undefined {
  const rest = text.slice(2);
  if (text.startsWith("f:")) return text;
  if (text.startsWith("i:")) return /^\d{1,9}$/u.test(rest) ? text : undefined;
  if (!text.startsWith("k:") && !text.startsWith("v:")) return undefined;
  const value = parseJson(rest);
  if (value === undefined) return undefined;
  if (text.startsWith("k:") && (!isJsonObject(value) || Object.keys(value).length === 0)) {
    return undefined;
  }
  return text.slice(0, 2) + canonicalJson(value);
}

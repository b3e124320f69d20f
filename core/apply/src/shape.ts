/**
 * What server-side apply must know of a type: which of its values are owned whole, and which
 * member by member or item by item. Schemas of every origin are seen through this.
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { keyElement, memberElement, valueElement } from "./field-path.ts";

/** The shape of a value. */
export type Shape =
  /** Owned whole: a scalar, or a list or object that is atomic. */
  | { readonly kind: "leaf" }
  /** An object of which each member is owned. A struct's members are named by its schema. */
  | {
      readonly kind: "members";
      readonly isStruct: boolean;
      readonly member: (name: string) => Member;
    }
  /** A list of which each item is owned. */
  | ListShape
  /** Nothing is known: objects are owned by member, everything else whole. */
  | { readonly kind: "deduced" };

/** A member of an object. */
export interface Member {
  readonly shape: Shape;
  /** Whether the schema names it; the keys of maps it does not. */
  readonly isDeclared: boolean;
}

/** A list whose items are told apart by keys, or, where there are none, by their values. */
export interface ListShape {
  readonly kind: "list";
  readonly keys: readonly string[];
  /** What keys are that an item leaves out. */
  readonly keyDefaults: JsonObject;
  readonly item: Shape;
}

/** A value that is owned whole. */
export const leaf: Shape = { kind: "leaf" };

/** A value of which no schema is known. */
export const deduced: Shape = { kind: "deduced" };

const unknownMembers: Extract<Shape, { kind: "members" }> = {
  kind: "members",
  isStruct: false,
  member: () => ({ shape: deduced, isDeclared: false }),
};

/** A map whose values have this shape. */
export function mapOf(shape: Shape): Shape {
  return { kind: "members", isStruct: false, member: () => ({ shape, isDeclared: false }) };
}

/** An object with these members; any other is of `rest`. */
export function structOf(members: ReadonlyMap<string, Shape>, rest: Shape = deduced): Shape {
  return {
    kind: "members",
    isStruct: true,
    member: (name) => {
      const shape = members.get(name);
      return shape === undefined ? { shape: rest, isDeclared: false } : { shape, isDeclared: true };
    },
  };
}

/** A value together with how it is to be taken: as one, or as its members or items. */
export type Seen =
  | { readonly kind: "leaf" }
  | { readonly kind: "members" | "list"; readonly children: ReadonlyMap<string, Child> };

/** A member of an object, or an item of a list. */
export interface Child extends Member {
  /** More than one where a list holds an item twice. */
  readonly values: readonly [Json, ...Json[]];
}

/**
 * A value seen by its shape. What is not of its shape, and a list of which an item cannot be
 * named, counts as a leaf.
 */
export function see(shape: Shape, value: Json): Seen {
  if (shape.kind === "list") {
    const items = Array.isArray(value) ? itemsOf(shape, value) : undefined;
    return items === undefined ? { kind: "leaf" } : { kind: "list", children: items };
  }
  if (shape.kind === "leaf" || !isJsonObject(value)) return { kind: "leaf" };
  const { member } = shape.kind === "deduced" ? unknownMembers : shape;
  const children = Object.entries(value).map(([name, inner]): [string, Child] => [
    memberElement(name),
    { ...member(name), values: [inner] },
  ]);
  return { kind: "members", children: new Map(children) };
}

/** The items of a list by their elements. */
function itemsOf(shape: ListShape, list: readonly Json[]): ReadonlyMap<string, Child> | undefined {
  const items = new Map<string, Child>();
  for (const item of list) {
    const element = itemElement(shape, item);
    if (element === undefined) return undefined;
    const [first, ...more] = items.get(element)?.values ?? [];
    const values: Child["values"] = first === undefined ? [item] : [first, ...more, item];
    items.set(element, { shape: shape.item, isDeclared: false, values });
  }
  return items;
}

/** The element of an item; undefined if it has none of the keys, or is no plain value. */
export function itemElement({ keys, keyDefaults }: ListShape, item: Json): string | undefined {
  if (keys.length === 0) {
    return item === null || typeof item === "object" ? undefined : valueElement(item);
  }
  if (!isJsonObject(item)) return undefined;
  const said: [string, Json][] = keys.flatMap((key): [string, Json][] => {
    const value = item[key] ?? keyDefaults[key];
    return value === undefined || value === null ? [] : [[key, value]];
  });
  return said.length === 0 ? undefined : keyElement(Object.fromEntries(said));
}

/** Whether a value holds nothing: an empty object or list. */
export function isHollow(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

/** What an object becomes when a configuration is applied to it. */
import type { Json, JsonObject } from "@beemesh/wire";
import { type FieldSet, isEmpty, noFields } from "./field-set.ts";
import { type Child, isHollow, type Member, type Shape, see } from "./shape.ts";

/**
 * The live value with an applied one merged into it: members by name, items of lists by their
 * keys, everything else replaced. An applied `null` takes a plain value away.
 */
export function merged(
  shape: Shape,
  live: Json | undefined,
  applied: Json | undefined,
): Json | undefined {
  if (applied === undefined) return live;
  if (applied === null) return shape.kind === "members" || shape.kind === "list" ? live : undefined;
  const next = see(shape, applied);
  if (next.kind === "leaf") return applied;
  const seen = see(shape, live ?? null);
  // What is there in another form is replaced.
  const was = seen.kind === next.kind ? seen.children : none;
  if (next.kind === "list") return mergedItems(was, next.children);
  const members = new Map([...was].map(([element, { values }]) => [element, values[0]]));
  for (const [element, { shape: inner, values }] of next.children) {
    const value = merged(inner, members.get(element), values[0]);
    if (value === undefined) members.delete(element);
    else members.set(element, value);
  }
  return objectOf(members);
}

type Children = ReadonlyMap<string, Child>;

const none: Children = new Map();

/** The object whose members have these elements. */
function objectOf(members: Iterable<readonly [string, Json]>): JsonObject {
  return Object.fromEntries([...members].map(([element, value]) => [element.slice(2), value]));
}

/**
 * The items that are applied stand in their order. What only the live list has stays behind the
 * item that it stood behind, and in front if there is none.
 */
function mergedItems(live: Children, applied: Children): Json {
  const front: Json[] = [];
  const behind = new Map<string, Json[]>();
  let last = front;
  for (const [element, { values }] of live) {
    if (applied.has(element)) {
      last = [];
      behind.set(element, last);
    } else last.push(...values);
  }
  const items = [...applied].flatMap(([element, { shape, values }]) => {
    const value = merged(shape, live.get(element)?.values[0], values[0]);
    return [...(value === undefined ? [] : [value]), ...(behind.get(element) ?? [])];
  });
  return [...front, ...items];
}

/** What a manager owned, and what all managers own now. */
interface Ownership {
  readonly last: FieldSet;
  readonly owned: FieldSet;
}

/**
 * A value without the fields of `last` that nobody owns any more. A struct goes whole when nothing
 * in it is owned: what was filled in by default beside an owned field would be left behind
 * otherwise, such as the period of a probe that has no action any more.
 *
 * @returns undefined if nothing is left.
 */
export function pruned(shape: Shape, value: Json, { last, owned }: Ownership): Json | undefined {
  const seen = see(shape, value);
  if (seen.kind === "leaf" || last.children.size === 0) return value;
  const left = [...seen.children].flatMap(([element, child]) => {
    const ownership = {
      last: last.children.get(element) ?? noFields,
      owned: owned.children.get(element) ?? noFields,
    };
    return child.values.flatMap((inner): [string, Json][] => {
      const stays = kept({ ...child, value: inner }, ownership);
      return stays === undefined ? [] : [[element, stays]];
    });
  });
  const next = seen.kind === "list" ? left.map(([, item]) => item) : objectOf(left);
  return isHollow(next) && !isHollow(value) && !owned.isMember ? undefined : next;
}

interface Piece extends Member {
  readonly value: Json;
}

function kept({ shape, value, isDeclared }: Piece, ownership: Ownership): Json | undefined {
  const { last, owned } = ownership;
  if (isEmpty(last)) return value;
  const isStruct = isDeclared && shape.kind === "members" && shape.isStruct;
  if (isEmpty(owned) && (last.isMember || isStruct)) return undefined;
  return pruned(shape, value, ownership);
}

/** Two values of one place side by side: what is below them, element by element. */
import type { Json } from "@beemesh/wire";
import { type Child, isHollow, type Member, see } from "./shape.ts";

/** What is below one element in either value; undefined where it is not there. */
type Pair = readonly [Child | undefined, Child | undefined];

/** What is below two values, by element. */
export type Pairs = ReadonlyMap<string, Pair>;

/**
 * What is below two values of which each is an object, or each a list of items that can be told
 * apart; undefined if they are to be taken whole. A list or map that its schema names and that is
 * not there is an empty one.
 */
export function pairs(place: Member, a: Json | undefined, b: Json | undefined): Pairs | undefined {
  const [first, second] = [seenOf(place, a, b), seenOf(place, b, a)];
  if (first === undefined || second === undefined || first.kind !== second.kind) return undefined;
  const elements = new Set([...first.children.keys(), ...second.children.keys()]);
  return new Map(
    Array.from(elements, (element) => [
      element,
      [first.children.get(element), second.children.get(element)],
    ]),
  );
}

interface Container {
  readonly kind: "members" | "list";
  readonly children: ReadonlyMap<string, Child>;
}

function seenOf(
  place: Member,
  value: Json | undefined,
  other: Json | undefined,
): Container | undefined {
  if (value === undefined) {
    if (other === undefined || !isOpen(place)) return undefined;
    const seen = seenOf(place, other, value);
    return seen && { kind: seen.kind, children: new Map() };
  }
  const seen = see(place.shape, value);
  return seen.kind === "leaf" ? undefined : seen;
}

/** Whether it makes no difference if a value is empty or not there. */
function isOpen({ shape, isDeclared }: Member): boolean {
  return isDeclared && (shape.kind === "list" || (shape.kind === "members" && !shape.isStruct));
}

/** Whether an object that its schema describes, with something in it, is new. */
export function isNewStruct(
  { shape, isDeclared }: Member,
  before: Json | undefined,
  after: Json | undefined,
): boolean {
  const isStruct = isDeclared && shape.kind === "members" && shape.isStruct;
  return isStruct && before === undefined && after !== undefined && !isHollow(after);
}

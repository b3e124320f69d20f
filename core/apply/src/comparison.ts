/** What has changed between two versions of an object, field by field. */
import { canonicalJson, type Json } from "@beemesh/wire";
import { type FieldPath, type FieldSet, FieldSetBuilder } from "./field-set.ts";
import { type Child, isHollow, type Seen, type Shape, see } from "./shape.ts";

/** The fields that a new version has more, has no longer, and has with another value. */
export interface Comparison {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

/** Compares two versions; undefined is one that is not there. */
export function compare(
  shape: Shape,
  before: Json | undefined,
  after: Json | undefined,
): Comparison {
  const walk = new Walk();
  walk.visit(shape, { before, after }, []);
  const [added, removed, modified] = [walk.added.set, walk.removed.set, walk.modified.set];
  return { added, removed, modified };
}

interface Pair {
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

class Walk {
  readonly added = new FieldSetBuilder();
  readonly removed = new FieldSetBuilder();
  readonly modified = new FieldSetBuilder();

  visit(shape: Shape, pair: Pair, at: FieldPath): void {
    const before = seenOf(shape, pair.before);
    const after = seenOf(shape, pair.after);
    if (before !== undefined && after !== undefined && before.kind !== after.kind) {
      // An object in the place of a text, or the other way: none of what was is there now.
      this.visit(shape, { before: pair.before, after: undefined }, at);
      this.visit(shape, { before: undefined, after: pair.after }, at);
      this.modified.add(at);
      return;
    }
    const [was, is] = [before, after].map(childrenOf);
    if ((was === undefined && is === undefined) || isNothing(pair)) this.#leaf(pair, at);
    else if (this.#children(was ?? none, is ?? none, at)) this.#whole(pair, at);
  }

  /** Compares what is in two values; says whether their keys or items make them a field. */
  #children(was: Children, is: Children, at: FieldPath): boolean {
    let isField = false;
    for (const element of new Set([...was.keys(), ...is.keys()])) {
      const [old, now] = [was.get(element), is.get(element)];
      const child = now ?? old;
      if (child === undefined) continue;
      const path = [...at, element];
      const pair = { before: old?.values[0], after: now?.values[0] };
      const isTwice = [old, now].some((each) => (each?.values.length ?? 0) > 1);
      if (isTwice) this.#twice([old, now], path);
      else this.visit(child.shape, pair, path);
      if (child.isDeclared) continue;
      this.#whole(pair, path);
      isField = true;
    }
    return isField;
  }

  /** Items that a list holds more than once are compared together. */
  #twice([old, now]: readonly (Child | undefined)[], at: FieldPath): void {
    if (old === undefined || now === undefined) return;
    if (canonicalJson(old.values) !== canonicalJson(now.values)) this.modified.add(at);
  }

  #leaf(pair: Pair, at: FieldPath): void {
    const { before, after } = pair;
    if (before === undefined || after === undefined) this.#whole(pair, at);
    else if (canonicalJson(before) !== canonicalJson(after)) this.modified.add(at);
  }

  /** Notes that the field itself has come or gone. */
  #whole({ before, after }: Pair, at: FieldPath): void {
    if (before === undefined && after !== undefined) this.added.add(at);
    if (before !== undefined && after === undefined) this.removed.add(at);
  }
}

type Children = ReadonlyMap<string, Child>;

const none: Children = new Map();

function childrenOf(seen: Seen | undefined): Children | undefined {
  return seen === undefined || seen.kind === "leaf" ? undefined : seen.children;
}

function seenOf(shape: Shape, value: Json | undefined): Seen | undefined {
  return value === undefined ? undefined : see(shape, value);
}

function isNothing({ before, after }: Pair): boolean {
  return [before, after].every((value) => value === undefined || isHollow(value));
}

import { assert } from "@beemesh/base";
import type { Held } from "./held.ts";
import { leafItemsMax } from "./limits.ts";

/** What a range holds, in a few bytes: equal fingerprints mean equal entries. */
export interface Fingerprint {
  /** The ids of all entries in the range, combined by exclusive or: 0 to 2^53 - 1. */
  readonly sum: number;
  readonly count: number;
}

interface Node {
  high: number;
  low: number;
  count: number;
  /** In a leaf; a node has either items or children. */
  items: Held[] | undefined;
  children: (Node | undefined)[];
}

/** Positions have 53 bits: 13 digits of 4 bits, and one bit to spare. */
const digitsMax = 13;
const digits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
const divisors = Array.from({ length: digitsMax }, (_, digit) => 2 ** (49 - 4 * digit));
const twoTo32 = 2 ** 32;

/** A range of positions: those whose first digits, in base 16, are these. */
export type Range = string;

/** The range of everything. */
export const wholeRange: Range = "";

/** The sixteen ranges that a range consists of; none if it is a single position. */
export function partsOf(range: Range): readonly Range[] {
  return range.length < digitsMax ? digits.map((digit) => range + digit) : [];
}

/** The fingerprint of two sets without a common entry. */
export function union(a: Fingerprint, b: Fingerprint): Fingerprint {
  const high = Math.floor(a.sum / twoTo32) ^ Math.floor(b.sum / twoTo32);
  return { sum: high * twoTo32 + ((a.sum ^ b.sum) >>> 0), count: a.count + b.count };
}

/** The fingerprint of nothing. */
export const nothing: Fingerprint = { sum: 0, count: 0 };

/**
 * Entries in the order of their positions, with a fingerprint of every range at hand: a tree of
 * base 16 whose nodes combine what is below them. Adding costs one walk down.
 *
 * Positions are hashes of keys, so the tree stays level by itself. Two trees with the same entries
 * give the same fingerprints, in whatever order these came.
 *
 * Source: Meyer, "Range-Based Set Reconciliation", 2023, with ranges by prefix.
 */
export class FingerprintTree {
  #root: Node = leaf();

  get count(): number {
    return this.#root.count;
  }

  add(held: Held): void {
    let node = this.#root;
    combine(node, held, 1);
    let depth = 0;
    while (node.items === undefined) {
      const digit = digitOf(held.position, depth);
      const child = node.children[digit] ?? leaf();
      node.children[digit] = child;
      combine(child, held, 1);
      node = child;
      depth += 1;
    }
    node.items.push(held);
    if (node.items.length > leafItemsMax && depth < digitsMax) split(node, depth);
  }

  remove(held: Held): void {
    const path = [this.#root];
    let node = this.#root;
    for (let depth = 0; node.items === undefined; depth += 1) {
      const child = node.children[digitOf(held.position, depth)];
      assert(child !== undefined, "an entry that is removed is in the tree");
      path.push(child);
      node = child;
    }
    const index = node.items.indexOf(held);
    assert(index >= 0, "an entry that is removed is in its leaf");
    node.items.splice(index, 1);
    for (const above of path) combine(above, held, -1);
    const collapsed = path.find((above) => !above.items && above.count <= leafItemsMax / 2);
    if (collapsed !== undefined) collapse(collapsed);
  }

  fingerprint(range: Range): Fingerprint {
    const { node, depth } = this.#find(range);
    if (node === undefined) return nothing;
    if (depth === range.length) return fingerprintOf(node);
    const part = leaf();
    for (const held of node.items ?? []) {
      if (isIn(held.position, range)) combine(part, held, 1);
    }
    return fingerprintOf(part);
  }

  /**
   * The entries of a range, in no order.
   *
   * @yields Each entry once.
   */
  *entries(range: Range = wholeRange): Generator<Held> {
    const { node, depth } = this.#find(range);
    if (node === undefined) return;
    for (const held of below(node)) {
      if (depth === range.length || isIn(held.position, range)) yield held;
    }
  }

  /** The entries at a position: one, unless two keys share a hash. */
  at(position: number): readonly Held[] {
    let node: Node | undefined = this.#root;
    for (let depth = 0; node?.items === undefined; depth += 1) {
      node = node?.children[digitOf(position, depth)];
      if (node === undefined) return [];
    }
    return node.items.filter((held) => held.position === position);
  }

  /** The node that covers the range: its own, or the leaf above it. */
  #find(range: Range): { node: Node | undefined; depth: number } {
    let node: Node | undefined = this.#root;
    let depth = 0;
    while (node !== undefined && node.items === undefined && depth < range.length) {
      node = node.children[Number.parseInt(range[depth] ?? "0", 16)];
      depth += 1;
    }
    return { node, depth };
  }
}

function leaf(): Node {
  return { high: 0, low: 0, count: 0, items: [], children: [] };
}

function digitOf(position: number, digit: number): number {
  return Math.floor(position / (divisors[digit] ?? 1)) % 16;
}

/** Whether a position lies in a range. */
export function isIn(position: number, range: Range): boolean {
  for (let digit = 0; digit < range.length; digit += 1) {
    if (digitOf(position, digit) !== Number.parseInt(range[digit] ?? "0", 16)) return false;
  }
  return true;
}

function combine(node: Node, held: Held, count: 1 | -1): void {
  node.high ^= Math.floor(held.id / twoTo32);
  node.low ^= held.id >>> 0;
  node.count += count;
}

function fingerprintOf({ high, low, count }: Node): Fingerprint {
  return { sum: high * twoTo32 + (low >>> 0), count };
}

function split(node: Node, depth: number): void {
  const items = node.items ?? [];
  node.items = undefined;
  for (const held of items) {
    const digit = digitOf(held.position, depth);
    const child = node.children[digit] ?? leaf();
    node.children[digit] = child;
    combine(child, held, 1);
    child.items?.push(held);
  }
}

function collapse(node: Node): void {
  node.items = [...below(node)];
  node.children = [];
}

function* below(node: Node): Generator<Held> {
  if (node.items !== undefined) yield* node.items;
  for (const child of node.children) if (child !== undefined) yield* below(child);
}

import type { Held } from "./held.ts";
import { listedRangeMax } from "./limits.ts";
import type { Item, RangeList, RangeSum } from "./message.ts";
import { type FingerprintTree, nothing, partsOf } from "./tree.ts";

/** What one side says next, and what it can do at once, after it has heard of a difference. */
export interface Comparison {
  /** Ranges to compare more finely. */
  readonly ranges: RangeSum[];
  /** Ranges listed in full. */
  readonly lists: RangeList[];
  /** Entries that the other side lacks. */
  readonly gives: Held[];
  /** Positions of entries that this side lacks. */
  readonly wants: number[];
}

export function emptyComparison(): Comparison {
  return { ranges: [], lists: [], gives: [], wants: [] };
}

/**
 * Hears of one range of the other side, and narrows the difference down: nothing if it is equal,
 * a list if it is small, the sixteen parts of it if it is large.
 */
export function compareRange(
  tree: FingerprintTree | undefined,
  [range, sum, count]: RangeSum,
  into: Comparison,
): void {
  const mine = tree?.fingerprint(range) ?? nothing;
  if (mine.sum === sum && mine.count === count) return;
  if (tree === undefined || mine.count === 0) {
    into.lists.push([range, []]);
    return;
  }
  if (count === 0) {
    for (const held of tree.entries(range)) into.gives.push(held);
    return;
  }
  const parts = mine.count + count > listedRangeMax ? partsOf(range) : [];
  if (parts.length === 0) {
    const items = [...tree.entries(range)].map((held): Item => [held.position, held.version]);
    into.lists.push([range, items]);
    return;
  }
  for (const part of parts) {
    const fingerprint = tree.fingerprint(part);
    into.ranges.push([part, fingerprint.sum, fingerprint.count]);
  }
}

/**
 * Hears of all that the other side holds in one range, and finds what either lacks.
 *
 * @param tree - What of this side is compared.
 * @param all - What this side holds at all: of an entry that is no longer compared here, the
 *   other side must learn the newer version.
 */
export function compareList(
  tree: FingerprintTree | undefined,
  all: FingerprintTree | undefined,
  [range, items]: RangeList,
  into: Comparison,
): void {
  const listed = new Set(items.map(([position]) => position));
  for (const held of tree?.entries(range) ?? []) {
    if (!listed.has(held.position)) into.gives.push(held);
  }
  for (const [position, version] of items) {
    const held = all?.at(position) ?? [];
    if (held.some((mine) => mine.version === version)) continue;
    into.gives.push(...held.filter((mine) => mayBeNewer(mine.version, version)));
    if (held.every((mine) => mayBeNewer(version, mine.version))) into.wants.push(position);
  }
}

/** Whether version `a` is newer than `b`, or made in the same instant by another machine. */
export function mayBeNewer(a: string, b: string): boolean {
  return a.slice(0, 12) >= b.slice(0, 12);
}

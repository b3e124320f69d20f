import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import fc from "fast-check";
import { compareList, compareRange, emptyComparison, mayBeNewer } from "./comparison.ts";
import { type Held, hold } from "./held.ts";
import type { RangeList, RangeSum } from "./message.ts";
import { FingerprintTree, wholeRange } from "./tree.ts";

function heldOf(name: string, wallMs: number, machine = "ann"): Held {
  const stamp = formatStamp({ wallMs, counter: 0, machine });
  const key = { collection: "pods/default", name, part: "spec" } as const;
  return hold({ ...key, stamp, author: machine, body: "", signature: `s${machine}` });
}

function treeOf(helds: Iterable<Held>): FingerprintTree {
  const tree = new FingerprintTree();
  for (const held of helds) tree.add(held);
  return tree;
}

function whole(tree: FingerprintTree): RangeSum {
  const { sum, count } = tree.fingerprint(wholeRange);
  return [wholeRange, sum, count];
}

/** Lets two sides talk until neither has more to say. Returns what each would then hold. */
function settle(mine: Map<string, Held>, theirs: Map<string, Held>): number {
  let [speaker, hearer] = [theirs, mine];
  let ranges: RangeSum[] = [whole(treeOf(speaker.values()))];
  let lists: RangeList[] = [];
  let turns = 0;
  for (; ranges.length + lists.length > 0; turns += 1) {
    assert(turns < 20, "a conversation ends");
    const tree = treeOf(hearer.values());
    const answer = emptyComparison();
    for (const range of ranges) compareRange(tree, range, answer);
    for (const list of lists) compareList(tree, tree, list, answer);
    const wanted = [...speaker.values()].filter(({ position }) => answer.wants.includes(position));
    for (const held of answer.gives) keep(speaker, held);
    for (const held of wanted) keep(hearer, held);
    [ranges, lists] = [answer.ranges, answer.lists];
    [speaker, hearer] = [hearer, speaker];
  }
  return turns;
}

function keep(side: Map<string, Held>, held: Held): void {
  const mine = side.get(held.key);
  if (mine === undefined || held.entry.stamp > mine.entry.stamp) side.set(held.key, held);
}

describe("a comparison", () => {
  test("makes any two sides equal: the newest of everything", () => {
    const version = fc.tuple(fc.nat(300), fc.nat(3), fc.constantFrom("ann", "bob"));
    const side = fc.array(version, { maxLength: 200 });
    fc.assert(
      fc.property(side, side, side, (shared, left, right) => {
        const sideOf = (versions: readonly (readonly [number, number, string])[]) => {
          const held = new Map<string, Held>();
          for (const [name, wallMs, machine] of versions) {
            keep(held, heldOf(`web-${name}`, wallMs, machine));
          }
          return held;
        };
        const [mine, theirs] = [sideOf([...shared, ...left]), sideOf([...shared, ...right])];
        settle(mine, theirs);
        const all = sideOf([...shared, ...left, ...right]);
        for (const each of [mine, theirs]) {
          assert.deepEqual(treeOf(each.values()).fingerprint(wholeRange), whole3(all));
        }
      }),
      { numRuns: 50 },
    );
  });

  test("says nothing about what is equal, and asks an empty side nothing", () => {
    const tree = treeOf([heldOf("a", 1)]);
    const equal = emptyComparison();
    compareRange(tree, whole(tree), equal);
    assert.deepEqual(equal, emptyComparison());
    const lacking = emptyComparison();
    compareRange(undefined, whole(tree), lacking);
    assert.deepEqual(lacking.lists, [[wholeRange, []]]);
    const giving = emptyComparison();
    compareRange(tree, [wholeRange, 0, 0], giving);
    assert.equal(giving.gives.length, 1);
  });

  test("gives the newer version of what is no longer compared here", () => {
    const newer = heldOf("web", 2);
    const old = heldOf("web", 1);
    const answer = emptyComparison();
    compareList(undefined, treeOf([newer]), [wholeRange, [[old.position, old.version]]], answer);
    assert.deepEqual(answer.gives, [newer]);
    assert.deepEqual(answer.wants, []);
  });
});

test("mayBeNewer compares times, and leaves ties open", () => {
  const [first, second] = [heldOf("web", 1).version, heldOf("web", 2).version];
  assert(mayBeNewer(second, first) && !mayBeNewer(first, second));
  const rival = heldOf("web", 1, "bob").version;
  assert(mayBeNewer(first, rival) && mayBeNewer(rival, first));
});

function whole3(side: Map<string, Held>): { sum: number; count: number } {
  return treeOf(side.values()).fingerprint(wholeRange);
}

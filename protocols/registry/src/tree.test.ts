import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import fc from "fast-check";
import { type Held, hold } from "./held.ts";
import { FingerprintTree, isIn, nothing, partsOf, union, wholeRange } from "./tree.ts";

function heldOf(name: string, wallMs = 1): Held {
  const stamp = formatStamp({ wallMs, counter: 0, machine: "ann" });
  const entry = { collection: "pods/default", name, part: "spec", stamp } as const;
  return hold({ ...entry, author: "ann", body: "{}", signature: `s${wallMs}` });
}

function treeOf(helds: Iterable<Held>): FingerprintTree {
  const tree = new FingerprintTree();
  for (const held of helds) tree.add(held);
  return tree;
}

function namesIn(tree: FingerprintTree, range = wholeRange): string[] {
  return [...tree.entries(range)].map(({ entry }) => entry.name).toSorted();
}

const some = Array.from({ length: 500 }, (_, index) => heldOf(`web-${index}`));

describe("FingerprintTree", () => {
  test("fingerprints a set, not the way it came about", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(some), fc.shuffledSubarray(some), (wanted, others) => {
        const tree = treeOf(others);
        for (const held of wanted) if (!others.includes(held)) tree.add(held);
        for (const held of others) if (!wanted.includes(held)) tree.remove(held);
        const expected = treeOf(wanted);
        for (const range of [wholeRange, ...partsOf(wholeRange), "0a", "f12"]) {
          assert.deepEqual(tree.fingerprint(range), expected.fingerprint(range));
          assert.deepEqual(namesIn(tree, range), namesIn(expected, range));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("differs by a version of one entry", () => {
    const [first = heldOf("a"), ...rest] = some;
    const changed = treeOf([heldOf(first.entry.name, 2), ...rest]);
    assert.notDeepEqual(treeOf(some).fingerprint(wholeRange), changed.fingerprint(wholeRange));
  });

  test("the parts of a range make up the range", () => {
    const tree = treeOf(some);
    for (const range of [wholeRange, "3", "7f"]) {
      const whole = partsOf(range)
        .map((part) => tree.fingerprint(part))
        .reduce(union, nothing);
      assert.deepEqual(whole, tree.fingerprint(range));
      const names = partsOf(range).flatMap((part) => namesIn(tree, part));
      assert.deepEqual(names.toSorted(), namesIn(tree, range));
    }
  });

  test("finds what stands at a position", () => {
    const tree = treeOf(some);
    for (const held of some) {
      assert.deepEqual(tree.at(held.position), [held]);
      assert(isIn(held.position, wholeRange));
    }
    assert.deepEqual(tree.at(heldOf("other").position), []);
  });

  test("holds two keys with one position apart", () => {
    const [a, b] = [heldOf("a"), { ...heldOf("b"), position: heldOf("a").position }];
    const tree = treeOf([a, b]);
    assert.equal(tree.at(a.position).length, 2);
    tree.remove(a);
    assert.deepEqual(tree.at(a.position), [b]);
  });

  test("stays whole when many entries share a position", () => {
    const many = some.map((held) => ({ ...held, position: 7 }));
    const tree = treeOf(many);
    assert.equal(tree.at(7).length, many.length);
    for (const held of many) tree.remove(held);
    assert.deepEqual(tree.fingerprint(wholeRange), nothing);
  });

  test("the finest range has no parts", () => {
    assert.deepEqual(partsOf("0123456789abc"), []);
    assert.equal(partsOf("0123456789ab").length, 16);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, rendezvous, seededRandom } from "@beemesh/base";
import { matchMsMax, ordersMax } from "./limits.ts";
import { Placement } from "./placement.ts";

const everybody = Array.from({ length: 40 }, (_, index) => `machine-${index}`);
const collections = Array.from({ length: 30 }, (_, index) => `pods/ns-${index}`);

describe("Placement", () => {
  test("is alone at first: it keeps everything", () => {
    const placement = new Placement("ann", 5);
    assert.deepEqual(placement.keepersOf("pods/default"), ["ann"]);
    assert.equal(placement.rankOf("pods/default"), 0);
    assert.equal(placement.wantedOf("pods/default"), 1);
  });

  test("chooses the first in rendezvous order, however the members came and went", () => {
    const random = seededRandom(4);
    const placement = new Placement("machine-0", 5);
    for (let round = 0; round < 60; round += 1) {
      const alive = everybody.filter((_, index) => index === 0 || random.below(3) > 0);
      const before = collections.map((collection) => placement.keepersOf(collection));
      const changed = placement.setAlive(alive, instantAt(0));
      for (const [index, collection] of collections.entries()) {
        const expected = rendezvous(collection, alive).slice(0, 5);
        assert.deepEqual(placement.keepersOf(collection), expected);
        const isChanged = String(before[index]) !== String(expected);
        assert.equal(changed.includes(collection), isChanged);
      }
    }
  });

  test("tells once of what it keeps and others kept before, or may have", () => {
    const placement = new Placement("machine-0", 5);
    const gained = (): readonly string[] => placement.takeGained();
    placement.keepersOf("pods/alone");
    assert.deepEqual(gained(), [], "alone it knows that nobody kept anything");
    placement.setAlive(everybody, instantAt(0));
    const kept = collections.filter((collection) => placement.isKept(collection));
    assert(kept.length > 0);
    assert.deepEqual(gained(), kept);
    assert.deepEqual(gained(), []);
    placement.setAlive(everybody.slice(0, 3), instantAt(0));
    const others = collections.filter((collection) => !kept.includes(collection));
    assert.deepEqual(
      gained().filter((collection) => collection !== "pods/alone"),
      others,
    );
  });

  test("counts itself as alive, whatever the members say", () => {
    const placement = new Placement("ann", 5);
    placement.setAlive(["bob"], instantAt(0));
    assert.deepEqual([...placement.alive].toSorted(), ["ann", "bob"]);
    assert.equal(placement.wantedOf("pods/default"), 2);
  });

  test("remembers no more names than its limit, and none that is not used", () => {
    const placement = new Placement("machine-0", 3);
    placement.setAlive(everybody, instantAt(0));
    for (let index = 0; index < ordersMax + 10; index += 1) placement.isKept(`pods/any-${index}`);
    placement.retain((collection) => collections.includes(collection));
    for (const collection of collections) placement.isKept(collection);
    const alive = everybody.slice(0, 3);
    assert.deepEqual(placement.setAlive(alive, instantAt(0)).toSorted(), collections.toSorted());
    assert.deepEqual(placement.keepersOf("pods/new"), rendezvous("pods/new", alive));
  });

  test("ranks the keepers, and nobody else", () => {
    const placement = new Placement("machine-0", 3);
    placement.setAlive(everybody, instantAt(0));
    for (const collection of collections) {
      const rank = placement.keepersOf(collection).indexOf("machine-0");
      assert.equal(placement.rankOf(collection), rank < 0 ? undefined : rank);
      assert.equal(placement.isKept(collection), rank >= 0);
    }
  });

  test("knows that keepers who all came since the old ones left know nothing yet", () => {
    const placement = new Placement("machine-0", 3);
    placement.setAlive(everybody, instantAt(0));
    const [collection = ""] = collections;
    const before = placement.keepersOf(collection).filter((id) => id !== "machine-0");
    const [first = "", ...rest] = before;
    const isVersed = (keeper: string, ms: number): boolean =>
      placement.isVersed(collection, keeper, instantAt(ms));
    assert(before.every((keeper) => isVersed(keeper, 0)));
    const left = everybody.filter((id) => !rest.includes(id));
    placement.setAlive(left, instantAt(10));
    assert.deepEqual(
      placement.keepersOf(collection).filter((keeper) => isVersed(keeper, 10)),
      placement.keepersOf(collection).filter((keeper) => before.includes(keeper)),
    );
    placement.setAlive(
      left.filter((id) => id !== first),
      instantAt(20),
    );
    const after = placement.keepersOf(collection);
    assert(after.every((keeper) => keeper === "machine-0" || !isVersed(keeper, 20)));
    assert(after.every((keeper) => isVersed(keeper, 20 + matchMsMax)));
    assert(!isVersed("nobody", 20));
  });
});

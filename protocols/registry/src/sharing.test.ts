import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { formatStamp, type PeerId } from "@beemesh/wire";
import { hold } from "./held.ts";
import { Placement } from "./placement.ts";
import { Sharing, sumOf, within } from "./sharing.ts";
import { Library } from "./shelf.ts";
import { nothing, partsOf, union, wholeRange } from "./tree.ts";

const machines = Array.from({ length: 12 }, (_, index) => `machine-${index}`);
const collections = Array.from({ length: 20 }, (_, index) => `pods/ns-${index}`);

/** What one machine holds: an entry of each collection, which concerns one other machine. */
function sharingOf(self: PeerId, concerned: PeerId): { sharing: Sharing; placement: Placement } {
  const library = new Library();
  const placement = new Placement(self, 3);
  placement.setAlive(machines, instantAt(0));
  for (const collection of collections) {
    const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
    const key = { collection, name: "web", part: "spec" } as const;
    const entry = { ...key, stamp, author: "ann", body: "{}", signature: "s" };
    library.put(hold(entry, () => [concerned]));
  }
  const isFollowed = (collection: string): boolean => collection === "pods/ns-0";
  return { sharing: new Sharing({ self, library, placement, isFollowed }), placement };
}

describe("Sharing", () => {
  test("two machines name the same scopes, each on its own", () => {
    for (const peer of machines.slice(1)) {
      const mine = sharingOf("machine-0", peer).sharing.with(peer);
      const theirs = sharingOf(peer, peer).sharing.with("machine-0");
      assert.deepEqual(
        mine.map(({ scope }) => scope),
        theirs.map(({ scope }) => scope),
      );
      assert.deepEqual(sumOf(mine), sumOf(theirs));
    }
  });

  test("has as partners those with whom a scope is shared", () => {
    const { sharing } = sharingOf("machine-0", "machine-3");
    const partners = sharing.partners();
    assert(!partners.has("machine-0"));
    for (const peer of machines.slice(1)) {
      assert.equal(partners.has(peer), sharing.with(peer).length > 0, peer);
    }
  });

  test("answers for what it keeps or follows, and for what concerns itself or who asks", () => {
    const { sharing, placement } = sharingOf("machine-0", "machine-3");
    for (const collection of collections) {
      const isKept = placement.isKept(collection);
      const isFollowed = collection === "pods/ns-0";
      assert.equal(sharing.takesPart("machine-1", collection), isKept || isFollowed);
      assert.equal(sharing.takesPart("machine-1", `${collection}~machine-1`), isKept);
      assert(sharing.takesPart("machine-1", `${collection}~machine-0`));
      assert(!sharing.takesPart("machine-1", `${collection}~machine-2`));
    }
  });

  test("gives the fingerprint of a scope, also of one that it does not hold", () => {
    const { sharing } = sharingOf("machine-0", "machine-3");
    assert.equal(sharing.fingerprintOf("pods/ns-1").count, 1);
    assert.equal(sharing.fingerprintOf("pods/ns-1~machine-3").count, 1);
    assert.deepEqual(sharing.fingerprintOf("pods/ns-1~machine-4"), nothing);
    assert.deepEqual(sharing.fingerprintOf("pods/none"), nothing);
  });
});

test("within cuts scopes into parts that make up the whole", () => {
  const { sharing, placement } = sharingOf("machine-0", "machine-3");
  const peer = machines.find((name) => sharing.with(name).length > 3 && name !== "machine-0");
  assert(peer !== undefined && placement.alive.has(peer));
  const shared = sharing.with(peer);
  const parts = partsOf(wholeRange).map((part) => within(shared, part));
  assert.equal(parts.flat().length, shared.length);
  assert.deepEqual(parts.map(sumOf).reduce(union, nothing), sumOf(shared));
});

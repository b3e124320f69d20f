import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hashOf } from "@beemesh/base";
import fc from "fast-check";
import { Ring, ringSize } from "./ring.ts";

function ringOf(ids: readonly string[]): Ring {
  const ring = new Ring();
  for (const id of ids) ring.add(id);
  return ring;
}

const someIds = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/u), { maxLength: 20 });

describe("Ring", () => {
  test("is ordered by hash, whatever the order of coming and going", () => {
    fc.assert(
      fc.property(someIds, someIds, (ids, others) => {
        const ring = ringOf([...others, ...ids]);
        for (const id of others) if (!ids.includes(id)) ring.remove(id);
        const expected = ids.toSorted((a, b) => hashOf(a) - hashOf(b));
        assert.deepEqual(ring.within(0, ringSize), expected);
        assert.equal(ring.size, ids.length);
        for (const id of ids) assert(ring.has(id));
      }),
    );
  });

  test("who comes after me has me before it", () => {
    fc.assert(
      fc.property(someIds, fc.nat({ max: 5 }), (ids, count) => {
        const ring = ringOf(ids);
        for (const id of ids) {
          const next = ring.after(id, count);
          assert.equal(next.length, Math.min(count, ids.length - 1));
          assert(!next.includes(id));
          for (const other of next) assert(ring.before(other, count).includes(id));
        }
      }),
    );
  });

  test("finds the neighbours of somebody who is not on it", () => {
    const ring = ringOf(["ann", "bob"]);
    assert.equal(ring.after("cid", 5).length, 2);
    assert.deepEqual(ring.before("cid", 5).toSorted(), ["ann", "bob"]);
  });

  test("parts of the ring together are the ring", () => {
    fc.assert(
      fc.property(someIds, fc.nat({ max: ringSize }), (ids, middle) => {
        const ring = ringOf(ids);
        assert.deepEqual(
          [...ring.within(0, middle), ...ring.within(middle, ringSize)],
          ring.within(0, ringSize),
        );
      }),
    );
  });

  test("its version changes only if it does", () => {
    const ring = ringOf(["ann"]);
    const before = ring.version;
    ring.add("ann");
    ring.remove("bob");
    assert.equal(ring.version, before);
    ring.remove("ann");
    assert.notEqual(ring.version, before);
    assert.equal(ring.at(0), undefined);
  });
});

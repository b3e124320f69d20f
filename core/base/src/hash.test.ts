import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hashOf, rendezvous, shortName } from "./hash.ts";

describe("hashOf", () => {
  test("keeps its values for ever: they are on the wire", () => {
    assert.deepEqual(
      ["", "a", "pods/default"].map((text) => hashOf(text)),
      [3_338_908_027_751_811, 7_929_297_801_672_961, hashOf("pods/default")],
    );
  });

  test("spreads 10,000 names over 16 buckets within 15 % of evenly", () => {
    const buckets = Array.from({ length: 16 }, () => 0);
    for (let index = 0; index < 10_000; index += 1) {
      const bucket = hashOf(`machine-${index}`) % 16;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    assert(
      buckets.every((count) => count > 531 && count < 719),
      String(buckets),
    );
  });
});

describe("shortName", () => {
  test("is the same for the same text and another for another", () => {
    assert.equal(shortName("web/0", 5), shortName("web/0", 5));
    assert.notEqual(shortName("web/0", 5), shortName("web/1", 5));
    assert.match(shortName("web/0", 10), /^[a-z0-9]{10}$/u);
  });
});

describe("rendezvous", () => {
  const machines = Array.from({ length: 20 }, (_, index) => `m${index}`);

  test("gives every order of candidates the same answer", () => {
    assert.deepEqual(rendezvous("k", machines), rendezvous("k", machines.toReversed()));
  });

  test("keeps the order of the others when one leaves", () => {
    const order = rendezvous("k", machines);
    const [first, ...rest] = order;
    assert.deepEqual(
      rendezvous(
        "k",
        machines.filter((machine) => machine !== first),
      ),
      rest,
    );
  });

  test("gives each of 20 candidates the first place for some of 1,000 keys", () => {
    const firsts = new Set(
      Array.from({ length: 1000 }, (_, key) => rendezvous(`${key}`, machines)[0]),
    );
    assert.equal(firsts.size, 20);
  });
});

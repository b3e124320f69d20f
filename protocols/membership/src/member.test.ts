import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { byLongevity, isLive, type Member, type MemberState, supersedes } from "./member.ts";

function member(incarnation: number, state: MemberState, startedMs = 0): Member {
  return { id: "ann", incarnation, startedMs, addresses: [], state };
}

const anyMember = fc
  .tuple(
    fc.nat({ max: 3 }),
    fc.constantFrom("alive" as const, "suspect" as const, "dead" as const, "left" as const),
    fc.nat({ max: 2 }),
  )
  .map(([incarnation, state, startedMs]) => member(incarnation, state, startedMs));

describe("supersedes", () => {
  test("the higher incarnation holds, whatever it says", () => {
    assert(supersedes(member(2, "alive"), member(1, "left")));
    assert(!supersedes(member(1, "left"), member(2, "alive")));
  });

  test("of one incarnation the worse news holds", () => {
    assert(supersedes(member(1, "dead"), member(1, "suspect")));
    assert(supersedes(member(1, "left"), member(1, "dead")));
    assert(!supersedes(member(1, "alive"), member(1, "dead")));
    assert(!supersedes(member(1, "suspect"), member(1, "alive")), "suspicion is private");
  });

  test("of two boots with one incarnation the later holds", () => {
    assert(supersedes(member(1, "alive", 20), member(1, "alive", 10)));
  });

  test("two statements never supersede each other, and never in a circle", () => {
    fc.assert(
      fc.property(anyMember, anyMember, anyMember, (a, b, c) => {
        assert(!(supersedes(a, b) && supersedes(b, a)));
        if (supersedes(a, b) && supersedes(b, c)) assert(supersedes(a, c));
      }),
    );
  });
});

test("isLive: a suspect counts as there, the dead and those who left do not", () => {
  assert.deepEqual(
    (["alive", "suspect", "dead", "left"] as const).map((state) => isLive(member(1, state))),
    [true, true, false, false],
  );
});

test("byLongevity puts the longest alive first, ties by id", () => {
  const [ann, bob, cid] = [
    { ...member(1, "alive", 30), id: "ann" },
    { ...member(1, "alive", 10), id: "bob" },
    { ...member(1, "alive", 30), id: "aaa" },
  ];
  assert.deepEqual(
    byLongevity([ann, bob, cid]).map(({ id }) => id),
    ["bob", "aaa", "ann"],
  );
});

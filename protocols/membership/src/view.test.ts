import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Member, MemberState } from "./member.ts";
import { ringSize } from "./ring.ts";
import { digestOf, partsOf, View } from "./view.ts";

function member(id: string, incarnation = 1, state: MemberState = "alive"): Member {
  return { id, incarnation, startedMs: 0, addresses: [], state };
}

const someMembers = fc.array(
  fc
    .tuple(
      fc.constantFrom("ann", "bob", "cid", "dan", "eve"),
      fc.nat({ max: 3 }),
      fc.constantFrom("alive" as const, "suspect" as const, "dead" as const, "left" as const),
    )
    .map(([id, incarnation, state]) => member(id, incarnation, state)),
);

describe("View", () => {
  test("its digest is that of the live members, however it came to them", () => {
    fc.assert(
      fc.property(someMembers, (members) => {
        const view = new View();
        for (const each of members) view.put(each);
        const live = [...view.members.values()].filter(({ state }) =>
          ["alive", "suspect"].includes(state),
        );
        assert.equal(view.digest, digestOf(live));
        assert.equal(view.live.size, live.length);
        assert.deepEqual(
          view
            .within(0, ringSize)
            .map(({ id }) => id)
            .toSorted(),
          live.map(({ id }) => id).toSorted(),
        );
      }),
    );
  });

  test("views that differ in one incarnation have different digests", () => {
    const [a, b] = [new View(), new View()];
    a.put(member("ann", 1));
    b.put(member("ann", 2));
    assert.notEqual(a.digest, b.digest);
  });

  test("the dead are worth dialling, those who left are not, and both can be forgotten", () => {
    const view = new View();
    view.put(member("ann", 1, "dead"));
    view.put(member("bob", 1, "left"));
    assert(view.lost.has("ann"));
    assert(!view.lost.has("bob"));
    view.remove("ann");
    assert.equal(view.get("ann"), undefined);
    assert(!view.lost.has("ann"));
  });

  test("digests of parts differ only where members do", () => {
    const [a, b] = [new View(), new View()];
    for (const id of ["ann", "bob", "cid", "dan"]) {
      a.put(member(id));
      b.put(member(id, id === "cid" ? 2 : 1));
    }
    const [own, other] = [a.digests(0, ringSize, 16), b.digests(0, ringSize, 16)];
    const different = partsOf(0, ringSize, 16).filter((_, index) => own[index] !== other[index]);
    assert.equal(different.length, 1);
    const [[low, high] = [0, 0]] = different;
    assert(a.within(low, high).some(({ id }) => id === "cid"));
  });
});

test("partsOf covers a range without gap or overlap", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 16 }),
      fc.integer({ min: 1, max: 16 }),
      (low, size, n) => {
        const parts = partsOf(low, low + size, n);
        assert.equal(parts.length, n);
        assert.equal(parts[0]?.[0], low);
        assert.equal(parts.at(-1)?.[1], low + size);
        for (let index = 1; index < n; index += 1) {
          assert.equal(parts[index]?.[0], parts[index - 1]?.[1]);
        }
      },
    ),
  );
});

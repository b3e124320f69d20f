import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { RevisionClock, readRevision } from "./revision.ts";

const wallMs = 1_800_000_000_000;

function at(ms: number): Now {
  return { at: instantAt(0), wallMs: ms };
}

describe("RevisionClock", () => {
  test("rises strictly: with the clock, without it, and against it", () => {
    const clock = new RevisionClock({ self: "ann" });
    let last = clock.last;
    for (const ms of [wallMs, wallMs, wallMs + 5, wallMs - 1_000_000, 0, wallMs + 6]) {
      for (let index = 0; index < 5000; index += 1) {
        const next = clock.next(at(ms));
        assert(next > last && next < 2n ** 63n && clock.isOurs(next));
        last = next;
      }
    }
  });

  test("says who gave it out, and goes on where another machine is", () => {
    const [ann, bob] = [new RevisionClock({ self: "ann" }), new RevisionClock({ self: "bob" })];
    const revision = ann.next(at(wallMs));
    assert(ann.isOurs(revision) && !bob.isOurs(revision));
    assert(bob.next(at(wallMs + 1)) > revision);
  });

  test("asks for a ceiling before the first, and again only when it is reached", () => {
    const clock = new RevisionClock({ self: "ann" });
    clock.next(at(wallMs));
    const ceiling = clock.takeCeiling();
    assert(ceiling !== undefined && BigInt(ceiling) > clock.last);
    clock.next(at(wallMs + 29_000));
    assert.equal(clock.takeCeiling(), undefined);
    clock.next(at(wallMs + 31_000));
    assert(clock.takeCeiling() !== undefined);
    const next = new RevisionClock({ self: "ann", ceiling });
    assert(next.next(at(0)) > BigInt(ceiling));
  });

  test("is within 2^63 until 2094", () => {
    const clock = new RevisionClock({ self: "ann" });
    assert(clock.next(at(Date.UTC(2094, 0, 1))) < 2n ** 63n);
  });
});

test("readRevision reads decimal integers without leading zeros, and nothing else", () => {
  assert.equal(readRevision("12345"), 12345n);
  for (const text of ["", "0", "01", "-1", "1e3", "1.0", "x", "1".repeat(20)]) {
    assert.equal(readRevision(text), undefined);
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { formatStamp, readStamp, type Stamp, stampCounterMax } from "@beemesh/wire";
import fc from "fast-check";
import { firstStamp, HybridClock } from "./clock.ts";

function at(wallMs: number): Now {
  return { at: instantAt(0), wallMs };
}

function stampAt(wallMs: number, counter = 0, machine = "bob"): Stamp {
  return formatStamp({ wallMs, counter, machine });
}

describe("HybridClock", () => {
  test("reads the wall clock, and counts within a millisecond", () => {
    const clock = new HybridClock({ self: "ann" });
    assert.equal(clock.next(at(1000)), stampAt(1000, 0, "ann"));
    assert.equal(clock.next(at(1000)), stampAt(1000, 1, "ann"));
    assert.equal(clock.next(at(1001.7)), stampAt(1001, 0, "ann"));
  });

  test("goes on when the wall clock goes back", () => {
    const clock = new HybridClock({ self: "ann" });
    const before = clock.next(at(5000));
    assert(clock.next(at(10)) > before);
    assert.equal(clock.meshMs(at(10)), 5000);
  });

  test("leaps ahead of the wall clock, and never back", () => {
    const clock = new HybridClock({ self: "ann" });
    clock.leap(2000, at(1000));
    assert.equal(clock.next(at(1001)), stampAt(3000, 1, "ann"));
    clock.leap(100, at(1002));
    assert.equal(clock.next(at(1003)), stampAt(3000, 2, "ann"));
    assert.equal(clock.next(at(4000)), stampAt(4000, 0, "ann"));
  });

  test("borrows a millisecond when the counter is full", () => {
    const clock = new HybridClock({ self: "ann" });
    clock.observe(stampAt(1000, stampCounterMax), at(1000));
    assert.equal(clock.next(at(1000)), stampAt(1001, 0, "ann"));
  });

  test("follows a stamp with one that any later write wins over", () => {
    const clock = new HybridClock({ self: "ann" });
    clock.next(at(9000));
    assert.equal(clock.follow(stampAt(1000, 3)), stampAt(1000, 4, "ann"));
    assert.equal(clock.follow(stampAt(1000, stampCounterMax)), stampAt(1001, 0, "ann"));
  });

  test("is later than what it observed, and than what it wrote in an earlier life", () => {
    const clock = new HybridClock({ self: "ann" });
    assert.equal(clock.observe(stampAt(2000, 7), at(1000)), "observed");
    assert.equal(clock.next(at(1000)), stampAt(2000, 8, "ann"));
    clock.restore(stampAt(9_000_000));
    assert.equal(clock.next(at(1000)), stampAt(9_000_000, 1, "ann"));
  });

  test("refuses and counts stamps from the future, and learns nothing from them", () => {
    const clock = new HybridClock({ self: "ann", aheadMsMax: 100 });
    assert.equal(clock.observe(stampAt(1100), at(1000)), "observed");
    assert.equal(clock.observe(stampAt(1101), at(1000)), "from-future");
    assert.equal(clock.refused, 1);
    assert.equal(clock.meshMs(at(1000)), 1100);
  });

  test("comes back from a future that a wrong wall clock took it to", () => {
    const clock = new HybridClock({ self: "ann", aheadMsMax: 100 });
    clock.next(at(9000));
    assert.equal(clock.comeBack(at(8900)), false);
    assert.equal(clock.comeBack(at(1000)), true);
    assert.equal(clock.next(at(1000)), stampAt(1000, 0, "ann"));
  });

  test("rises strictly whatever happens", () => {
    const happening = fc.record({ wallMs: fc.nat(5000), seen: fc.option(fc.nat(5000)) });
    fc.assert(
      fc.property(fc.array(happening), (happenings) => {
        const clock = new HybridClock({ self: "ann" });
        let last = "";
        for (const { wallMs, seen } of happenings) {
          if (seen !== null) {
            const stamp = stampAt(seen, seen % 3);
            if (clock.observe(stamp, at(wallMs)) === "observed" && stamp > last) last = stamp;
          }
          const next = clock.next(at(wallMs));
          assert(next > last);
          assert(readStamp(next).wallMs >= wallMs);
          last = next;
        }
      }),
    );
  });
});

test("the first stamp of a machine is before all that its clock makes", () => {
  const clock = new HybridClock({ self: "ann" });
  assert(firstStamp("zoe") < clock.next({ at: instantAt(0), wallMs: 1 }));
  assert(firstStamp("ann") < firstStamp("bob"));
});

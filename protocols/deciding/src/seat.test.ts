import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Instant, instantAt, rendezvous } from "@beemesh/base";
import { deferenceMs, deferencesMax, leadMs, leadsMax, reignsMax, youthMs } from "./limits.ts";
import { Seat } from "./seat.ts";

const start = instantAt(0);
const collection = "leases.coordination.k8s.io/default";
const [higher = "", lower = ""] = rendezvous(collection, ["a", "b"]);

describe("Seat", () => {
  test("is young for a while after machines came or went", () => {
    const seat = new Seat("me", start);
    assert(seat.isYoung(instantAt(youthMs - 1)));
    assert(!seat.isYoung(instantAt(youthMs)));
    seat.changed(() => false, instantAt(youthMs));
    assert(seat.isYoung(instantAt(youthMs + 1)));
  });

  test("of two who would decide the preferred one stays, whoever asks first", () => {
    const [high, low] = [new Seat(higher, start), new Seat(lower, start)];
    assert(!high.leave(collection, lower, true, start));
    assert(low.leave(collection, higher, true, start));
    assert.deepEqual(high.orderOf(collection, [higher, lower], start), [higher, lower]);
    assert.deepEqual(low.orderOf(collection, [lower], start), [higher, lower]);
  });

  test("who cannot decide leaves it to the other, and for a while sticks to that", () => {
    const seat = new Seat(higher, start);
    assert(seat.leave(collection, lower, false, start));
    assert(seat.leave(collection, lower, true, instantAt(1)), "it knows now, and has promised");
    const later = instantAt(deferenceMs);
    assert.deepEqual(seat.orderOf(collection, [higher, lower], later), [lower, higher]);
    const end = instantAt(deferenceMs + 1);
    assert.deepEqual(seat.orderOf(collection, [higher, lower], end), [higher, lower]);
    assert(!seat.leave(collection, lower, true, end));
  });

  test("leaves nothing to who is gone", () => {
    const seat = new Seat(higher, start);
    seat.leave(collection, lower, false, start);
    seat.changed((peer) => peer === lower, start);
    assert.deepEqual(seat.orderOf(collection, [higher], start), [higher]);
  });

  test("who takes over stamps further ahead than who had just taken over, but not for ever", () => {
    const seat = new Seat("me", start);
    const aheadOf = (at: Instant): number => seat.takeOver(collection, at) / leadMs;
    assert.deepEqual([aheadOf(start), aheadOf(start)], [1, 1], "it goes on");
    seat.leave(collection, "you", false, start);
    seat.leave(collection, "you", false, start);
    assert.equal(aheadOf(start), 3, "you stamped two leads ahead");
    for (let count = 0; count < leadsMax; count += 1) {
      seat.leave(collection, "you", false, start);
      aheadOf(start);
    }
    assert.equal(aheadOf(start), leadsMax);
    assert.equal(aheadOf(after(start, youthMs)), 1, "the time has caught up");
    for (let count = 0; count < reignsMax; count += 1) seat.takeOver(`a${count}/b`, start);
    seat.leave("a0/b", "you", false, start);
    assert.equal(seat.takeOver("a1/b", start), leadMs);
  });

  test("remembers so many promises", () => {
    const seat = new Seat("me", start);
    for (let count = 0; count <= deferencesMax; count += 1) {
      seat.leave(`a${count}/b`, "you", false, start);
    }
    assert.deepEqual(seat.orderOf("a0/b", ["me"], start), ["me"]);
    assert.deepEqual(seat.orderOf("a1/b", ["me"], start), ["you", "me"]);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Inquiry, isRepeatable } from "./inquiry.ts";
import { asksMax, waitsMax } from "./limits.ts";

const ready = true;

describe("Inquiry", () => {
  test("asks the first of the order, then the next, and decides itself in the end", () => {
    const inquiry = new Inquiry("me", true);
    const court = { order: ["a", "b", "me", "c"], isReady: ready };
    assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "a" });
    inquiry.fail("a", "unreachable");
    assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "b" });
    inquiry.fail("b", "unready");
    assert.deepEqual(inquiry.unready, ["b"]);
    assert.deepEqual(inquiry.next(court), { kind: "decide", isLast: false }, "it is before c");
    assert(inquiry.hasMissed, "a was not to be reached");
  });

  test("decides at once where it is the first", () => {
    const inquiry = new Inquiry("me", true);
    const court = { order: ["me", "a"], isReady: ready };
    assert.deepEqual(inquiry.next(court), { kind: "decide", isLast: false });
    assert(!inquiry.hasMissed);
  });

  test("leaves it to the next while it does not know what there is", () => {
    const inquiry = new Inquiry("me", true);
    const court = { order: ["me", "a"], isReady: false };
    assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "a" });
    assert.deepEqual(inquiry.unready, ["me"]);
    inquiry.fail("a", "unready");
    assert.deepEqual(inquiry.next(court), { kind: "wait" });
    assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "a" }, "all are asked again");
    assert.deepEqual(inquiry.unready, ["me"]);
  });

  test("waits some times for those who cannot decide yet, not for those who are gone", () => {
    const inquiry = new Inquiry("me", true);
    const court = { order: ["a", "me"], isReady: ready };
    for (let waits = 0; waits < waitsMax; waits += 1) {
      assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "a" });
      inquiry.fail("a", "unready");
      inquiry.fail("me", "unready");
      assert.deepEqual(inquiry.next(court), { kind: "wait" });
    }
    inquiry.next(court);
    inquiry.fail("a", "unready");
    assert.deepEqual(inquiry.next(court), { kind: "decide", isLast: true });
    const alone = new Inquiry("me", true);
    alone.next(court);
    alone.fail("a", "unreachable");
    assert.deepEqual(alone.next(court), { kind: "decide", isLast: true });
  });

  test("asks a machine again that was heard of since", () => {
    const inquiry = new Inquiry("me", true);
    const court = { order: ["a", "me"], isReady: ready };
    inquiry.next(court);
    inquiry.fail("a", "unreachable", 7);
    assert.equal(inquiry.failedAt("a"), 7);
    inquiry.forgive("a");
    assert.equal(inquiry.failedAt("a"), undefined);
    assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "a" });
  });

  test("asks another when it was told that another decides", () => {
    const inquiry = new Inquiry("me", true);
    const court = { order: ["me", "a"], isReady: ready };
    inquiry.fail("me", "unready");
    assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "a" });
  });

  test("asks all that come before it decides although it keeps nothing itself", () => {
    const inquiry = new Inquiry("me", true);
    const court = { order: ["a"], isReady: false };
    assert.deepEqual(inquiry.next(court), { kind: "ask", peer: "a" });
    inquiry.fail("a", "unreachable");
    assert.deepEqual(inquiry.next(court), { kind: "decide", isLast: true });
    assert.deepEqual(new Inquiry("me", true).next({ order: [], isReady: false }), {
      kind: "decide",
      isLast: true,
    });
  });

  test("goes on after a lost answer only with what may be done twice", () => {
    const court = { order: ["a", "me"], isReady: ready };
    const [safe, unsafe] = [new Inquiry("me", true), new Inquiry("me", false)];
    for (const inquiry of [safe, unsafe]) inquiry.fail("a", "lost");
    assert.deepEqual(safe.next(court), { kind: "decide", isLast: true });
    assert.deepEqual(unsafe.next(court), { kind: "give-up" });
    const unsent = new Inquiry("me", false);
    unsent.fail("a", "unreachable");
    assert.deepEqual(unsent.next(court), { kind: "decide", isLast: true });
  });

  test("ends, whoever comes up meanwhile", () => {
    const inquiry = new Inquiry("me", true);
    for (let asks = 0; asks < asksMax; asks += 1) {
      const step = inquiry.next({ order: [`new-${asks}`], isReady: false });
      assert.deepEqual(step, { kind: "ask", peer: `new-${asks}` });
      inquiry.fail(`new-${asks}`, "unreachable");
    }
    const step = inquiry.next({ order: ["one-more"], isReady: false });
    assert.deepEqual(step, { kind: "decide", isLast: true });
  });
});

describe("isRepeatable", () => {
  test("is all but the steps of a JSON patch", () => {
    const json = "application/json";
    assert(isRepeatable({ method: "POST", contentType: json }));
    assert(isRepeatable({ method: "DELETE", contentType: json }));
    assert(isRepeatable({ method: "PATCH", contentType: "application/merge-patch+json" }));
    assert(!isRepeatable({ method: "PATCH", contentType: "Application/JSON-Patch+json" }));
  });
});

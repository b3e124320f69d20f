import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Auction, auctionDefaults } from "./auction.ts";
import { bidOf, taskWith } from "./market.test.ts";
import type { Task } from "./message.ts";

const none = (_machine: string): number => 0;

function auctionFor(
  uids: readonly string[],
  part: Partial<Omit<Task, "requirements">> = {},
): Auction {
  const task = taskWith({ count: uids.length, ...part });
  return new Auction(task, { uids, entries: [] }, auctionDefaults, instantAt(0));
}

/** Whom an auction would award what, and notes it as sent at that instant. */
function choose(auction: Auction, ms: number, promised = none): string[] {
  return auction.choose(instantAt(ms), promised).map((choice) => {
    auction.send(`to-${choice.machine}`, choice, instantAt(ms));
    return `${choice.machine}: ${choice.uids.join()}`;
  });
}

describe("Auction", () => {
  test("awards as soon as everybody has answered", () => {
    const auction = auctionFor(["p1"]);
    auction.offer(bidOf("ann", [0.5]), instantAt(1));
    auction.explain("bob", "Insufficient cpu");
    assert.deepEqual(choose(auction, 2), []);
    auction.offer(bidOf("cid", [0.9]), instantAt(3));
    assert.deepEqual(choose(auction, 3), ["cid: p1"]);
  });

  test("awards after the short window if there is enough to choose, else after the long", () => {
    const auction = auctionFor(["p1"], { audience: 100 });
    for (const id of ["ann", "bob", "cid", "dan"]) auction.offer(bidOf(id, [0.5]), instantAt(1));
    assert.deepEqual(choose(auction, 100), []);
    auction.offer(bidOf("eve", [0.6]), instantAt(110));
    assert.deepEqual(choose(auction, 110), ["eve: p1"]);
    const thin = auctionFor(["p1"], { audience: 100 });
    thin.offer(bidOf("ann", [0.5]), instantAt(1));
    assert.deepEqual(choose(thin, 249), []);
    assert.deepEqual(choose(thin, 250), ["ann: p1"]);
  });

  test("waits for the slow ones of a small mesh until the long window ends", () => {
    const auction = auctionFor(["p1"], { audience: 3 });
    for (const id of ["ann", "bob"]) auction.offer(bidOf(id, [0.5]), instantAt(1));
    assert.deepEqual(choose(auction, 200), []);
    auction.offer(bidOf("cid", [0.9]), instantAt(210));
    assert.deepEqual(choose(auction, 210), ["cid: p1"]);
  });

  test("what is refused goes to the next best, and the refusal is remembered", () => {
    const auction = auctionFor(["p1"], { audience: 2 });
    auction.offer(bidOf("ann", [0.5]), instantAt(1));
    auction.offer(bidOf("bob", [0.9]), instantAt(1));
    assert.deepEqual(choose(auction, 1), ["bob: p1"]);
    assert(!auction.isExhausted(instantAt(5)));
    auction.takeBack("to-bob", ["p1"], "Insufficient cpu");
    assert.deepEqual(choose(auction, 5), ["ann: p1"]);
    assert.deepEqual([...auction.reasons], [["Insufficient cpu", 1]]);
    auction.confirm("to-ann", ["p1"]);
    assert(auction.isDone);
  });

  test("half an award may be confirmed and half refused", () => {
    const auction = auctionFor(["p1", "p2"], { audience: 1 });
    auction.offer(bidOf("ann", [0.9, 0.8]), instantAt(1));
    choose(auction, 1);
    assert.deepEqual(auction.confirm("to-ann", ["p1", "p9"]), ["p1"]);
    auction.takeBack("to-ann", ["p2"], "Too many pods");
    assert.deepEqual(auction.waiting, ["p2"]);
    assert(auction.isExhausted(instantAt(2)) && auction.mayCallAgain());
    assert.deepEqual(auction.confirm("to-ann", ["p2"]), [], "too late");
  });

  test("sends an award a second time, and gives up on silence", () => {
    const auction = auctionFor(["p1"], { audience: 1 });
    auction.offer(bidOf("ann", [0.9]), instantAt(0));
    choose(auction, 0);
    assert.equal(auction.dueAt(instantAt(0)), 150);
    assert.equal(auction.repeat(instantAt(149)).length, 0);
    assert.equal(auction.repeat(instantAt(150)).length, 1);
    assert.equal(auction.repeat(instantAt(151)).length, 0);
    assert.equal(auction.dueAt(instantAt(151)), 300);
    assert.equal(auction.overdue(instantAt(299)).length, 0);
    assert.equal(auction.overdue(instantAt(300)).length, 1);
  });

  test("a machine that is gone gives back what it was awarded, and is not waited for", () => {
    const auction = auctionFor(["p1"], { audience: 2 });
    auction.offer(bidOf("ann", [0.5]), instantAt(0));
    auction.offer(bidOf("bob", [0.9]), instantAt(0));
    choose(auction, 0);
    auction.lose("bob");
    assert.deepEqual(choose(auction, 1), ["ann: p1"]);
    const waiting = auctionFor(["p1"], { audience: 2 });
    waiting.offer(bidOf("ann", [0.5]), instantAt(0));
    waiting.lose("bob");
    assert.deepEqual(choose(waiting, 1), ["ann: p1"]);
  });

  test("counts what the author has promised elsewhere", () => {
    const auction = auctionFor(["p1"], { audience: 2 });
    auction.offer(bidOf("ann", [0.9, 0.4]), instantAt(0));
    auction.offer(bidOf("bob", [0.8, 0.3]), instantAt(0));
    const promised = (machine: string): number => (machine === "ann" ? 1 : 0);
    assert.deepEqual(choose(auction, 1, promised), ["bob: p1"]);
  });

  test("a bid that comes twice is not used twice", () => {
    const auction = auctionFor(["p1", "p2"], { audience: 2 });
    auction.offer(bidOf("ann", [0.9]), instantAt(0));
    auction.explain("bob", "Insufficient cpu");
    assert.deepEqual(choose(auction, 0), ["ann: p1"]);
    auction.offer(bidOf("ann", [0.9]), instantAt(1));
    assert.deepEqual(choose(auction, 1), []);
  });

  test("calls again while that may help: not if all have said no", () => {
    const silent = auctionFor(["p1"]);
    assert(!silent.isExhausted(instantAt(249)));
    choose(silent, 250);
    assert(silent.isExhausted(instantAt(250)) && silent.mayCallAgain(), "messages may be lost");
    silent.reopen(taskWith({ round: 1, nonce: "nonce-2" }), instantAt(250));
    assert(silent.hasRound("nonce-1") && silent.hasRound("nonce-2"));
    choose(silent, 500);
    assert(!silent.mayCallAgain(), "twice is enough where all were asked");
    const full = auctionFor(["p1"]);
    for (const id of ["ann", "bob", "cid"]) full.explain(id, "Insufficient cpu");
    choose(full, 1);
    assert(full.isExhausted(instantAt(1)) && !full.mayCallAgain());
    assert.deepEqual([...full.reasons], [["Insufficient cpu", 3]]);
    const large = auctionFor(["p1"], { audience: 1000, explain: false });
    assert(large.mayCallAgain());
    large.reopen(taskWith({ audience: 1000, round: 2 }), instantAt(250));
    assert(!large.mayCallAgain());
  });

  test("keeps the best bids, and shows them", () => {
    const options = { ...auctionDefaults, bidsMax: 2 };
    const auction = new Auction(taskWith({}), { uids: ["p1"], entries: [] }, options, instantAt(0));
    for (const [id, score] of [
      ["ann", 0.4],
      ["bob", 0.9],
      ["cid", 0.5],
    ] as const) {
      auction.offer(bidOf(id, [score]), instantAt(0));
    }
    assert.deepEqual(
      auction.bestBids().map(({ bidder }) => bidder),
      ["bob", "cid"],
    );
    assert.equal(auction.answers, 3);
  });
});

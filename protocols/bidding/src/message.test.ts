import assert from "node:assert/strict";
import { test } from "node:test";
import { awardOf, bidOf, taskWith } from "./market.test.ts";
import { type BiddingMessage, isForBidder } from "./message.ts";

test("tasks, awards and revocations are for the bidder, answers for the author", () => {
  const about = { task: "t", award: "a", uids: ["p"] };
  const forBidder: readonly BiddingMessage[] = [
    taskWith({}),
    awardOf("bob", ["p"]),
    { k: "revoke", ...about },
  ];
  const forAuthor: readonly BiddingMessage[] = [
    bidOf("bob", [0.5]),
    { k: "explain", task: "t", nonce: "n", filter: "Too many pods" },
    { k: "confirm", ...about },
    { k: "refuse", ...about, filter: "Too many pods" },
  ];
  assert(forBidder.every((message) => isForBidder(message)));
  assert(!forAuthor.some((message) => isForBidder(message)));
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp, type Json, parseJson } from "@beemesh/wire";
import fc from "fast-check";
import { decodeBiddingMessage } from "./decode.ts";
import { awardOf, bidOf, taskWith } from "./market.test.ts";
import { type BiddingMessage, podsMax } from "./message.ts";

const entry = {
  collection: "pods/default",
  name: "web-1",
  part: "spec",
  stamp: formatStamp({ wallMs: 1, counter: 0, machine: "ann" }),
  author: "ann",
  body: "{}",
  signature: "s",
} as const;

const messages: readonly BiddingMessage[] = [
  taskWith({}),
  bidOf("bob", [0.5, 0.4], { zone: "a" }),
  awardOf("bob", ["p1"], { entries: [entry, { ...entry, part: "status:u1" }] }),
  { k: "explain", task: "task-1", nonce: "n", filter: "Insufficient cpu" },
  { k: "confirm", task: "task-1", award: "a", uids: ["p1"] },
  { k: "refuse", task: "task-1", award: "a", uids: ["p1"], filter: "Too many pods" },
  { k: "revoke", task: "task-1", award: "a", uids: ["p1"] },
];

function travelled(message: unknown): Json {
  return parseJson(JSON.stringify(message)) ?? null;
}

describe("decodeBiddingMessage", () => {
  for (const message of messages) {
    test(`reads a ${message.k} that travelled`, () => {
      assert.deepEqual(decodeBiddingMessage(travelled(message)), message);
    });

    test(`refuses a ${message.k} that lacks anything or has more`, () => {
      for (const member of Object.keys(message)) {
        const { [member]: _, ...rest } = Object.fromEntries(Object.entries(message));
        assert.equal(decodeBiddingMessage(travelled(rest)), undefined, member);
      }
      assert.equal(decodeBiddingMessage(travelled({ ...message, more: 1 })), undefined);
    });
  }

  test("reads a task that lets pods take the places of others, and no odd one", () => {
    const task = taskWith({ preempts: true });
    assert.deepEqual(decodeBiddingMessage(travelled(task)), task);
    assert.equal(decodeBiddingMessage(travelled({ ...task, preempts: false })), undefined);
  });

  for (const [what, json] of [
    ["nothing", null],
    ["another protocol", { k: "hb", d: "0" }],
    ["no pods", { ...taskWith({}), count: 0 }],
    ["too many pods", { ...taskWith({}), count: podsMax + 1 }],
    ["an author that is no peer", { ...taskWith({}), author: "a b" }],
    ["a score above 1", bidOf("bob", [1.5])],
    ["a bid of nothing", bidOf("bob", [])],
    ["an award of nothing", awardOf("bob", [])],
    ["an entry of another part", { ...awardOf("bob", ["p"]), entries: [{ ...entry, part: "x" }] }],
    ["a confirmation of nothing", { k: "confirm", task: "t", award: "a", uids: [] }],
    ["a kind from the prototype", { k: "toString" }],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert.equal(decodeBiddingMessage(travelled(json)), undefined);
    });
  }

  test("reads any JSON without an error", () => {
    const kind = fc.constantFrom("task", "bid", "award", "explain", "confirm", "refuse", "revoke");
    fc.assert(
      fc.property(fc.jsonValue(), kind, (value, k) => {
        decodeBiddingMessage(travelled(value));
        decodeBiddingMessage(travelled({ ...taskWith({}), k, pods: value, requirements: value }));
      }),
    );
  });
});

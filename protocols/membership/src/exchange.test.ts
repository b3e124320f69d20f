import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { contextOf, linesOf, member } from "./context.test.ts";
import type { Context } from "./context.ts";
import { Exchange } from "./exchange.ts";
import type { MembershipMessage } from "./message.ts";

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `m${index}`);
}

/** Carries the messages of two exchanges to and fro; returns what was told and asked for. */
function converse(a: Context, b: Context, first: readonly MembershipMessage[]): string[] {
  const told: string[] = [];
  const sides = [
    { context: a, exchange: new Exchange(a) },
    { context: b, exchange: new Exchange(b) },
  ] as const;
  let inbox = first;
  for (let turn = 1; inbox.length > 0; turn += 1) {
    const [here, there] = turn % 2 === 1 ? [sides[1], sides[0]] : [sides[0], sides[1]];
    for (const message of inbox) {
      if (message.k === "news") {
        const route = `${there.context.self} tells ${here.context.self} of`;
        told.push(...message.m.map(([id, incarnation]) => `${route} ${id}@${incarnation}`));
      } else if (message.k === "tree" || message.k === "view" || message.k === "want") {
        here.exchange.receive(there.context.self, message);
      }
    }
    inbox = here.context.out
      .take()
      .flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
    assert(turn < 20, "a conversation ends");
  }
  return told.toSorted();
}

function begin(context: Context, peer: string, digest: string): MembershipMessage[] {
  new Exchange(context).greet(peer, digest, 1_000_000, instantAt(0));
  return context.out.take().flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
}

describe("Exchange", () => {
  test("two small views tell each other what the other lacks, and nothing else", () => {
    const [a, b] = [contextOf("ann", "bob", "cid", "dan"), contextOf("bob", "ann", "eve", "dan")];
    b.view.put(member("dan", "alive", 2));
    assert.deepEqual(converse(a, b, begin(a, "bob", b.view.digest)), [
      "ann tells bob of cid@1",
      "bob tells ann of dan@2",
      "bob tells ann of eve@1",
    ]);
  });

  test("a machine that one holds dead is spoken of, by the one who does", () => {
    const [a, b] = [contextOf("ann", "bob", "cid"), contextOf("bob", "ann", "cid")];
    b.view.put(member("cid", "dead"));
    assert.deepEqual(converse(a, b, begin(a, "bob", b.view.digest)), ["bob tells ann of cid@1"]);
  });

  test("of 2000 members only those that differ are told, by few messages", () => {
    const all = names(2000);
    const a = contextOf("m0", ...all.slice(1));
    const b = contextOf("m1", ...all.filter((id) => id !== "m1" && id !== "m77"));
    b.view.put(member("m500", "alive", 4));
    assert.deepEqual(converse(a, b, begin(a, "m1", b.view.digest)), [
      "m0 tells m1 of m77@1",
      "m1 tells m0 of m500@4",
    ]);
  });

  test("a newcomer is told of everybody", () => {
    const [a, b] = [contextOf("new"), contextOf("m0", ...names(300).slice(1))];
    const told = converse(a, b, begin(a, "m0", b.view.digest));
    assert.equal(told.filter((line) => line.startsWith("m0 tells new")).length, 300);
  });

  test("a difference that is news under way is not looked into", () => {
    const context = contextOf("ann", "bob");
    const exchange = new Exchange(context);
    exchange.compare("bob", "different", instantAt(0));
    exchange.compare("bob", "different", instantAt(700));
    assert.deepEqual(linesOf(context.out), []);
    exchange.compare("bob", "different", instantAt(900));
    assert.equal(linesOf(context.out).length, 1);
    exchange.compare("bob", "different", instantAt(1000));
    assert.deepEqual(linesOf(context.out), [], "one at a time");
  });

  test("however restless the mesh is, a lasting difference is looked into", () => {
    const context = contextOf("zoe", "bob");
    const exchange = new Exchange(context);
    let begun = 0;
    for (let ms = 0; ms <= 4000; ms += 400) {
      context.view.put(member(`m${ms}`));
      exchange.compare("bob", "different", instantAt(ms));
      begun += linesOf(context.out).length;
    }
    assert(begun > 0);
  });

  test("of two that meet who knows less asks; of equals the one with the smaller id", () => {
    const asks = (self: string, peer: string, count: number): number => {
      const context = contextOf(self, peer);
      new Exchange(context).greet(peer, "different", count, instantAt(0));
      return linesOf(context.out).length;
    };
    assert.deepEqual(
      [asks("ann", "bob", 1), asks("ann", "bob", 2), asks("bob", "ann", 2), asks("bob", "ann", 3)],
      [0, 1, 0, 1],
    );
  });
});

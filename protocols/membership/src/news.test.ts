import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { contextOf, linesOf, member } from "./context.test.ts";
import type { Context } from "./context.ts";
import { Detector } from "./detector.ts";
import { Exchange } from "./exchange.ts";
import type { Member, MemberState } from "./member.ts";
import { statementOf } from "./message.ts";
import { News } from "./news.ts";

interface Scene {
  readonly context: Context;
  readonly detector: Detector;
  readonly news: News;
  /** What comes of statements that bob sends. */
  readonly hear: (...members: readonly Member[]) => string[];
  readonly hearFound: (...members: readonly Member[]) => string[];
  readonly broadcast: (...members: readonly Member[]) => string[];
}

function scene(): Scene {
  const context = contextOf("ann", "bob", "cid");
  const detector = new Detector(context);
  const news = new News(context, detector, new Exchange(context));
  const learn = (members: readonly Member[], direct: boolean, found: boolean): string[] => {
    const message = { k: "news", m: members.map(statementOf), ...(found && { f: 1 as const }) };
    news.learn({ ...message, k: "news" }, { from: "bob", direct, at: instantAt(100) });
    return linesOf(context.out);
  };
  return {
    context,
    detector,
    news,
    hear: (...members) => learn(members, true, false),
    hearFound: (...members) => learn(members, true, true),
    broadcast: (...members) => learn(members, false, false),
  };
}

describe("News", () => {
  test("a newcomer is welcomed, and vouched for if it came itself", () => {
    assert.deepEqual(scene().hear(member("dan")), ["dan is alive"]);
    const context = contextOf("ann");
    const news = new News(context, new Detector(context), new Exchange(context));
    const message = { k: "news", m: [statementOf(member("bob"))] } as const;
    news.learn(message, { from: "bob", direct: true, at: instantAt(0) });
    assert.deepEqual(linesOf(context.out), [
      "bob is alive",
      '* <- {"k":"news","m":[["bob",1,0,0,["/dns4/bob"]]]}',
    ]);
  });

  for (const state of ["dead", "left"] as const) {
    test(`a stranger who is ${state} stays a stranger`, () => {
      assert.deepEqual(scene().hear(member("dan", state)), []);
    });
  }

  test("a death that a watcher found is believed at once, unless we just heard the dead", () => {
    assert.deepEqual(scene().hearFound(member("cid", "dead")), ["cid is dead", "member.dead"]);
    const other = scene();
    other.detector.hear("cid", instantAt(50));
    assert.deepEqual(other.hearFound(member("cid", "dead")), [
      "cid is suspect",
      'cid <- {"k":"dare","m":[["cid",1]]}',
    ]);
  });

  test("an old word of a death is put to the one it speaks of", () => {
    const { hear, detector } = scene();
    assert.deepEqual(hear(member("cid", "dead")), [
      "cid is suspect",
      'cid <- {"k":"dare","m":[["cid",1]]}',
    ]);
    assert.deepEqual(detector.tick(instantAt(1599)), []);
    assert.deepEqual(detector.tick(instantAt(1600)), [{ id: "cid", own: false }]);
  });

  test("addresses of the dead are kept, for they may return", () => {
    const { hearFound, context } = scene();
    hearFound({ ...member("cid", "dead"), addresses: [] });
    assert.deepEqual(context.view.get("cid")?.addresses, ["/dns4/cid"]);
  });

  test("who tells old news directly is told the newer, who broadcasts it is not", () => {
    const { hear, broadcast, context } = scene();
    context.view.put(member("cid", "dead", 3));
    assert.deepEqual(hear(member("cid", "alive", 3)), [
      'bob <- {"k":"news","m":[["cid",3,0,1,[]]]}',
    ]);
    assert.deepEqual(broadcast(member("cid", "alive", 3)), []);
    assert.deepEqual(hear(member("cid", "alive", 4)), ["cid is alive"]);
  });

  test("a machine that hears itself called dead objects, once", () => {
    const { hear, news, context } = scene();
    const lines = hear(member("ann", "dead"));
    assert.equal(lines[0], "ann is alive");
    assert.match(lines[1] ?? "", /^\* <- \{"k":"news","m":\[\["ann",2,/u);
    assert(lines.includes("member.refuted"));
    assert.equal(news.self().incarnation, 2);
    assert.match(hear(member("ann", "dead")).join(), /^bob <- .*\["ann",2,/u, "that is settled");
    news.answerDare([
      ["cid", 9],
      ["ann", 1],
    ]);
    assert.deepEqual(linesOf(context.out), []);
    news.answerDare([["ann", 2]]);
    assert.equal(news.self().incarnation, 3);
  });

  test("a machine that lost count of its incarnations finds it again", () => {
    const { hear, news } = scene();
    hear(member("ann", "alive", 7));
    assert.equal(news.self().incarnation, 8);
    hear({ ...member("ann", "alive", 8), startedMs: 5 });
    assert.equal(news.self().incarnation, 9, "an earlier boot had the same");
    hear(member("ann", "alive", 9));
    assert.equal(news.self().incarnation, 9);
  });

  test("many of a large mesh who are called dead are told by one broadcast", () => {
    const names = Array.from({ length: 40 }, (_, index) => `m${index}`);
    const context = contextOf("ann", ...names);
    const news = new News(context, new Detector(context), new Exchange(context));
    const m = names.slice(0, 10).map((id) => statementOf(member(id, "dead")));
    news.learn({ k: "news", m }, { from: "m39", direct: true, at: instantAt(0) });
    const dares = linesOf(context.out).filter((line) => line.includes("dare"));
    assert.equal(dares.length, 1);
    assert(dares[0]?.startsWith("* <- "));
  });

  test("a death that we found is told to all, and to the dead machine itself", () => {
    const { news, context } = scene();
    news.declareDead("cid", true);
    assert.deepEqual(linesOf(context.out), [
      "cid is dead",
      "member.dead",
      '* <- {"k":"news","m":[["cid",1,0,1,[]]],"f":1}',
      'bob <- {"k":"news","m":[["cid",1,0,1,[]]],"f":1}',
      'cid <- {"k":"dare","m":[["cid",1]]}',
    ]);
    news.declareDead("cid", true);
    assert.deepEqual(linesOf(context.out), []);
  });

  test("any statements in any order lead to the same view", () => {
    const states: readonly MemberState[] = ["alive", "left"];
    const statements = states.flatMap((state) => [1, 2, 3].map((n) => member("cid", state, n)));
    const views = [statements, statements.toReversed()].map((order) => {
      const { hear, context } = scene();
      for (const statement of order) hear(statement);
      return context.view.get("cid");
    });
    assert.deepEqual(views[0], views[1]);
    assert.equal(views[0]?.state, "left");
  });
});

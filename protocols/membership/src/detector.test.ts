import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { contextOf, linesOf } from "./context.test.ts";
import { type Context, membershipDefaults } from "./context.ts";
import { Detector } from "./detector.ts";

const { silenceMs, heartbeatMs, confirmMs } = membershipDefaults;

/** A sign of life this old says that a machine is there. */
const recentMs = heartbeatMs + 100;

/** Ann watches bob; cid may know of him. */
function watching(): { context: Context; detector: Detector; tick: (ms: number) => string[] } {
  const context = contextOf("ann", "bob", "cid");
  const detector = new Detector(context);
  detector.watch(["bob"], instantAt(0));
  const tick = (ms: number): string[] => {
    const losses = detector.tick(instantAt(ms)).map(({ id, own }) => `lost ${id} ${own}`);
    return [...linesOf(context.out), ...losses];
  };
  return { context, detector, tick };
}

const asked = [
  "bob is suspect",
  `cid <- {"k":"who","i":"bob","a":${recentMs}}`,
  `bob <- {"k":"hb","d":"${contextOf("ann", "bob", "cid").view.digest}","q":1}`,
  "member.suspected",
];

describe("Detector", () => {
  test("asks around after some silence, and gives up when nobody answers", () => {
    const { detector, tick } = watching();
    assert.equal(detector.dueAt, silenceMs);
    assert.deepEqual(tick(silenceMs - 1), []);
    assert.deepEqual(tick(silenceMs), asked);
    const lostMs = silenceMs + confirmMs;
    assert.equal(detector.dueAt, lostMs);
    assert.deepEqual(tick(lostMs - 1), []);
    assert.deepEqual(tick(lostMs), ["lost bob true"]);
  });

  test("a sign of life ends the doubt, and so does another's word that is fresh enough", () => {
    const { detector, tick, context } = watching();
    tick(silenceMs);
    const freshMs = silenceMs - recentMs;
    detector.hearWord("bob", instantAt(freshMs - 1));
    assert.deepEqual(linesOf(context.out), [], "too old: it may have died since");
    detector.hearWord("bob", instantAt(freshMs));
    assert.deepEqual(linesOf(context.out), ["bob is alive"]);
    assert.deepEqual(tick(freshMs + silenceMs - 1), []);
    assert.deepEqual(tick(freshMs + silenceMs)[0], "bob is suspect");
    detector.hear("bob", instantAt(freshMs + silenceMs + 1));
    assert.deepEqual(linesOf(context.out), ["bob is alive"]);
  });

  test("another's word about somebody who is not doubted is not kept", () => {
    const { detector, context } = watching();
    detector.hearWord("bob", instantAt(900));
    assert(!detector.hasHeard("bob", instantAt(900)));
    assert.deepEqual(linesOf(context.out), []);
  });

  test("a broken connection voids what was heard, and is looked into at once", () => {
    const { detector, tick, context } = watching();
    detector.hear("bob", instantAt(290));
    detector.cut("bob", instantAt(300));
    assert.equal(linesOf(context.out)[1], 'cid <- {"k":"who","i":"bob","a":0}');
    detector.hearWord("bob", instantAt(299));
    assert.deepEqual(tick(550), ["lost bob true"]);
  });

  test("whoever stood still listens for a whole heartbeat before accusing", () => {
    const { detector, tick, context } = watching();
    tick(silenceMs);
    detector.wakeUp(instantAt(9000));
    assert.deepEqual(linesOf(context.out), ["bob is alive"]);
    assert.deepEqual(tick(9000 + recentMs - 1), []);
    assert.equal(tick(9000 + recentMs)[0], "bob is suspect");
  });

  test("a word of death waits for an objection, and is then believed but not repeated", () => {
    const { detector, tick } = watching();
    detector.doubtWord("bob", 600, instantAt(100));
    assert.deepEqual(tick(699), ["bob is suspect"]);
    assert.deepEqual(tick(700), ["lost bob false"]);
  });

  test("answers for others: at once if it heard of them, else when they answer it", () => {
    const { detector, context } = watching();
    detector.hear("bob", instantAt(100));
    detector.ask("cid", "bob", 500, instantAt(300));
    assert.deepEqual(linesOf(context.out), ['cid <- {"k":"heard","i":"bob","a":200}']);
    detector.ask("cid", "bob", 500, instantAt(800));
    assert.match(linesOf(context.out).join(), /^bob <- .*"q":1\}$/u);
    detector.hear("bob", instantAt(850));
    assert.deepEqual(linesOf(context.out), ['cid <- {"k":"heard","i":"bob","a":0}']);
    detector.hear("bob", instantAt(860));
    assert.deepEqual(linesOf(context.out), [], "once is enough");
  });

  test("answers for itself, and not for strangers", () => {
    const { detector, context } = watching();
    detector.ask("cid", "ann", 500, instantAt(300));
    detector.ask("cid", "zoe", 500, instantAt(300));
    assert.deepEqual(linesOf(context.out), ['cid <- {"k":"heard","i":"ann","a":0}']);
  });

  test("who is no longer watched or is dropped, is not suspected", () => {
    const { detector, tick } = watching();
    detector.watch([], instantAt(500));
    assert.deepEqual(tick(2000), []);
    assert.equal(detector.dueAt, undefined);
    detector.watch(["bob"], instantAt(2000));
    detector.drop("bob");
    assert.deepEqual(tick(9000), []);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import {
  consultMs,
  dazeMs,
  deferenceMs,
  knowMs,
  lookMs,
  pulseMs,
  settleMs,
  stillMs,
} from "./limits.ts";
import { entry, matter, present, put, question, Stand } from "./stand.test.ts";

const young = { isYoung: true };

const three = { orderOf: () => ["me", "ann", "bob"] };

const consult = {
  kind: "consult",
  collection: matter.collection,
  record: matter.record,
  known: present,
} as const;

describe("Court", () => {
  test("asks nobody when nothing has changed for long", () => {
    const stand = new Stand(three);
    stand.ask(put);
    assert.deepEqual(stand.asked, []);
    assert(!stand.effects.some(({ kind }) => kind === "take-over"));
  });

  test("asks all others what they hold while machines come and go, and takes it in", () => {
    const stand = new Stand(three, young);
    stand.ask(put);
    assert.deepEqual(
      stand.asked.map((asked) => asked.question),
      [consult, consult],
    );
    const newer = { ...entry, stamp: formatStamp({ wallMs: 9, counter: 0, machine: "ann" }) };
    stand.answer("ann", { kind: "left", entries: [{ ...newer }, { ...entry }] });
    assert.deepEqual(stand.taken, [{ ...newer }], "what it has it has");
    assert.equal(stand.handled.length, 0);
    const kinds = stand.answer("bob", { kind: "left", entries: [] }).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["take-over", "handle", "reply"]);
  });

  test("takes in of several who answer at once one after another", () => {
    const stand = new Stand(three, young);
    stand.ask(put, "w1");
    stand.ask(put, "w2");
    const newer = { ...entry, stamp: formatStamp({ wallMs: 9, counter: 0, machine: "ann" }) };
    for (const { number } of stand.asked) {
      const answer = { kind: "left", entries: [{ ...newer }] } as const;
      stand.tell({ kind: "answered", number, answer });
    }
    assert.deepEqual([stand.taken.length, stand.outcomes.length], [4, 2]);
  });

  test("decides without those who are silent for too long, if it knows all itself", () => {
    const stand = new Stand(three, young);
    stand.ask(put);
    stand.answer("ann", { kind: "left", entries: [] });
    stand.pass(consultMs);
    assert.equal(stand.handled.length, 1);
    const lacking = new Stand({ ...three, isKnown: () => false }, young);
    lacking.hear(question);
    lacking.bring();
    lacking.answer("ann", { kind: "left", entries: [] });
    lacking.pass(consultMs);
    assert.deepEqual(lacking.answers, [{ kind: "unready" }]);
  });

  test("decides nothing that another keeps", () => {
    const stand = new Stand(three, young);
    stand.hear(question);
    stand.bring();
    stand.answer("ann", { kind: "kept" });
    stand.answer("bob", { kind: "left", entries: [] });
    assert.deepEqual(stand.answers, [{ kind: "unready" }]);
  });

  test("waits for all of what is counted, and decides nothing without it", () => {
    let isKnown = false;
    const counted = { ...matter, isCounted: true };
    const stand = new Stand({ ...three, caseOf: () => counted, isKnown: () => isKnown });
    stand.hear(question);
    stand.bring();
    assert.deepEqual(stand.asked, []);
    stand.pass(knowMs + lookMs);
    assert.deepEqual(stand.answers.at(-1), { kind: "unready" });
    stand.hear(question);
    stand.bring();
    isKnown = true;
    stand.pass(lookMs);
    assert.equal(stand.asked.length, 2);
  });

  test("with nobody to ask waits until it knows what there is, for a while", () => {
    let isKnown = false;
    const stand = new Stand({ orderOf: () => ["me"], isKnown: () => isKnown }, young);
    stand.ask(put);
    stand.pass(100);
    assert.equal(stand.handled.length, 0);
    isKnown = true;
    stand.pass(lookMs);
    assert.equal(stand.handled.length, 1, "the only one decides");
    const last = new Stand({ orderOf: () => ["bob", "me"], isKnown: () => false }, young);
    last.ask(put);
    last.answer("bob", { kind: "unreachable" });
    last.pass(settleMs - lookMs);
    assert.equal(last.handled.length, 0);
    last.pass(lookMs + consultMs);
    assert.equal(last.handled.length, 1);
  });

  test("who stood still decides nothing at first, and asks the others then", () => {
    const stand = new Stand(three);
    stand.stall(stillMs + pulseMs);
    stand.hear(question);
    stand.bring();
    assert.deepEqual(stand.answers, [{ kind: "unready" }]);
    stand.pass(dazeMs);
    stand.hear(question);
    stand.bring();
    assert.deepEqual(stand.asked.at(-1)?.question, consult);
  });

  test("does not believe what others said before it stood still", () => {
    const stand = new Stand(three, young);
    stand.ask(put);
    stand.stall(stillMs + pulseMs);
    for (const peer of ["ann", "bob"]) stand.answer(peer, { kind: "left", entries: [] });
    assert.equal(stand.handled.length, 0);
    assert.equal(stand.asked.length, 4);
    for (const peer of ["ann", "bob"]) stand.answer(peer, { kind: "left", entries: [] });
    assert.equal(stand.handled.length, 1);
  });

  test("leaves what it was asked for alone for a while", () => {
    const stand = new Stand({ orderOf: () => ["bob", "me"] });
    stand.hear({ ...consult, known: [] }, "ann");
    stand.ask(put);
    assert.equal(stand.asked[0]?.peer, "ann", "it decides now");
    stand.answer("ann", { kind: "unready" });
    stand.pass(deferenceMs);
    stand.ask(put, "w2");
    assert.equal(stand.asked.at(-1)?.peer, "bob");
  });
});

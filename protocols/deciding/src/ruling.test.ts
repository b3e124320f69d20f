import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp, type Stamp } from "@beemesh/wire";
import { lackingOf, rule, type Standing } from "./ruling.ts";

const stampAt = (wallMs: number): Stamp => formatStamp({ wallMs, counter: 0, machine: "a" });

const question = { isForwarded: false, unready: [] };

const standing: Standing = {
  self: "me",
  order: ["me", "a"],
  isReady: true,
  mayWrite: true,
  failed: [],
};

describe("rule", () => {
  test("the first of the order decides", () => {
    assert.deepEqual(rule(question, standing), { kind: "decide" });
  });

  test("who is not the first passes it on, and takes over if that fails", () => {
    const second = { ...standing, order: ["a", "me"] };
    assert.deepEqual(rule(question, second), { kind: "forward", to: "a" });
    assert.deepEqual(rule({ ...question, unready: ["a"] }, second), { kind: "decide" });
    assert.deepEqual(rule(question, { ...second, failed: ["a"] }), { kind: "decide" });
  });

  test("what was passed on once is passed on no more", () => {
    const forwarded = { ...question, isForwarded: true };
    assert.deepEqual(rule(forwarded, { ...standing, order: ["a", "me"] }), { kind: "decide" });
    assert.deepEqual(rule(forwarded, { ...standing, order: ["a"] }), { kind: "unready" });
  });

  test("who does not know what there is decides nothing", () => {
    assert.deepEqual(rule(question, { ...standing, isReady: false }), { kind: "unready" });
  });

  test("who may not write to the namespace is refused before anything else", () => {
    const { kind } = rule(question, { ...standing, mayWrite: false, order: ["a"] });
    assert.equal(kind, "refuse");
  });
});

describe("lackingOf", () => {
  test("is what the asker knows to be newer, until it has sent it", () => {
    const record = { collection: "a/b", name: "c", part: "spec", stamp: stampAt(6) };
    const known = [record, { ...record, part: "status:u", stamp: stampAt(4) }];
    const held = (): Stamp => stampAt(5);
    assert.deepEqual(lackingOf({ known, entries: [] }, held), [record]);
    assert.deepEqual(lackingOf({ known, entries: [{}] }, held), []);
    assert.deepEqual(
      lackingOf({ known, entries: [] }, () => undefined),
      known,
    );
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp, type Stamp } from "@beemesh/wire";
import { rule, type Standing } from "./ruling.ts";

const stampAt = (wallMs: number): Stamp => formatStamp({ wallMs, counter: 0, machine: "a" });

const question = { isForwarded: false, unready: [], known: [], entries: [] };

const standing: Standing = {
  self: "me",
  order: ["me", "a"],
  isReady: true,
  mayWrite: true,
  stampOf: () => stampAt(5),
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

  test("asks for what the asker knows to be newer, once", () => {
    const record = { collection: "a/b", name: "c", part: "spec", stamp: stampAt(6) };
    const known = [record, { ...record, part: "status:u", stamp: stampAt(4) }];
    assert.deepEqual(rule({ ...question, known }, standing), { kind: "behind", records: [record] });
    assert.deepEqual(rule({ ...question, known, entries: [{}] }, standing), { kind: "decide" });
    const lacking = rule({ ...question, known }, { ...standing, stampOf: () => undefined });
    assert.deepEqual(lacking, { kind: "behind", records: known });
  });
});

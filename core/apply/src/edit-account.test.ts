import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import fc from "fast-check";
import { accountLengthMax, editsMax, formatEdits, ownStamp, parseEdits } from "./edit-account.ts";
import { editTree } from "./edit-tree.test.ts";
import { type EditTree, editStamps, renamedEdits, wholeEdit } from "./edit-tree.ts";
import { editsAfter } from "./editing.ts";
import { leaf, type Member, mapOf } from "./shape.ts";

const place: Member = { shape: mapOf(leaf), isDeclared: true };

function never(): boolean {
  return false;
}

/** The edits of a map of which one key after the other is written. */
function writesOf(keys: readonly string[], at: (index: number) => string): EditTree {
  return keys.reduce<EditTree>(
    (edits, key, index) =>
      editsAfter(place, edits, { before: {}, after: { [key]: 1 }, stamp: at(index) }),
    wholeEdit("t0000"),
  );
}

function stampOf(index: number): string {
  return `t${1000 + index}`;
}

/** Keys that nobody has written before. */
function keysOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `key-${index}`);
}

describe("an account of edits", () => {
  test("is read as it was written, and its last write has the version's own stamp", () => {
    fc.assert(
      fc.property(editTree, (edits) => {
        const newest = editStamps(edits).at(-1);
        const own = renamedEdits(edits, (stamp) => (stamp === newest ? ownStamp : stamp));
        const account = formatEdits(edits.stamp === newest ? edits : own, never);
        assert(account !== undefined);
        const text: Json = JSON.parse(JSON.stringify(account));
        assert.deepEqual(parseEdits(text, newest ?? ""), edits);
      }),
    );
  });

  test("names each machine once", () => {
    const [first, second] = [stampOf(1), stampOf(2)].map((stamp) => `${stamp}.machine`);
    assert(first !== undefined && second !== undefined);
    const write = { before: {}, after: { a: 1 }, stamp: second };
    const edits = editsAfter(place, wholeEdit(first), write);
    const account = formatEdits(edits, never);
    assert.deepEqual(account, {
      base: "t1001.0",
      by: [["t1002.0", { "f:a": {} }]],
      on: ["machine"],
    });
    assert.deepEqual(parseEdits(account, second), edits);
  });

  test("tells so many writes apart, and of more counts the two oldest as one", () => {
    const edits = writesOf(keysOf(editsMax + 1), stampOf);
    const read = parseEdits(formatEdits(edits, never) ?? null, "t9999");
    assert(read !== undefined);
    assert.equal(editStamps(read).length, editsMax + 1, "with the base");
    assert.equal(read.children.get("f:key-0")?.stamp, stampOf(1));
    assert.equal(read.children.get("f:key-1")?.stamp, stampOf(1));
    assert.equal(read.children.get("f:key-2")?.stamp, stampOf(2));
    assert.equal(read.stamp, "t0000");
  });

  test("forgets what is older than any cut", () => {
    const edits = writesOf(keysOf(4), stampOf);
    const read = parseEdits(formatEdits(edits, (stamp) => stamp < stampOf(2)) ?? null, "t9999");
    assert.equal(read?.stamp, stampOf(1));
    assert.deepEqual([...(read?.children.keys() ?? [])], ["f:key-2", "f:key-3"]);
  });

  test("grows no larger than its limit, whatever was written", () => {
    const long = keysOf(40).map((key) => key.padEnd(2000, "x"));
    const account = formatEdits(
      writesOf(long, (index) => stampOf(Math.floor(index / 4))),
      never,
    );
    assert(JSON.stringify(account).length <= accountLengthMax);
    const read = parseEdits(account ?? null, "t9999");
    assert.equal(read?.children.get(`f:${long[39] ?? ""}`)?.stamp, stampOf(9));
  });

  test("is none where a single write was larger than that", () => {
    const huge = writesOf(
      keysOf(10).map((key) => key.padEnd(2000, "x")),
      () => ownStamp,
    );
    assert.equal(formatEdits(huge, never), undefined);
  });

  test("from outside is read or refused, whatever it is", () => {
    const fields = fc.dictionary(fc.constantFrom("f:a", "v:1", "k:{}", ".", "x"), fc.json());
    const group = fc.tuple(fc.constantFrom("t1.0", "t1.9", "", "t9.0"), fields);
    const account = fc.record({ base: fc.string(), by: fc.array(group), on: fc.array(fc.json()) });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), account), (value) => {
        const json: Json = JSON.parse(JSON.stringify(value));
        const edits = parseEdits(json, "t5");
        if (edits !== undefined) assert(editStamps(edits).every((stamp) => stamp <= "t5"));
      }),
    );
  });

  test("from outside is read only in its own form", () => {
    const good = { base: "t1.0", by: [["t2.0", { "f:a": {} }]], on: ["m"] };
    assert(parseEdits(good, "t2.m") !== undefined);
    const many = Array.from({ length: editsMax + 1 }, () => ["t1.0", { "f:a": {} }]);
    const bad: readonly Json[] = [
      null,
      [],
      {},
      { ...good, base: 1 },
      { ...good, base: "t3.0" },
      { ...good, base: "t1.1" },
      { ...good, base: "t1.x" },
      { ...good, on: [] },
      { ...good, on: [1] },
      { ...good, on: "m" },
      { ...good, by: {} },
      { ...good, by: many },
      { ...good, by: [["t3.0", { "f:a": {} }]] },
      { ...good, by: [["t2.0"]] },
      { ...good, by: [["t2.0", { a: {} }]] },
      { ...good, by: [[2, { "f:a": {} }]] },
      { ...good, by: ["t2.0"] },
    ];
    for (const each of bad) assert.equal(parseEdits(each, "t2.m"), undefined, JSON.stringify(each));
    const long = Object.fromEntries(keysOf(2000).map((key) => [`f:${key}`, {}]));
    assert.equal(parseEdits({ ...good, by: [["t2.0", long]] }, "t2.m"), undefined, "too long");
    const late = { base: "t2", by: [["t1", { "f:a": {} }]], on: [] };
    assert.deepEqual(parseEdits(late, "t2"), wholeEdit("t2"), "no field is older than the base");
  });
});

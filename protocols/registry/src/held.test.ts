import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Entry, formatStamp } from "@beemesh/wire";
import fc from "fast-check";
import { bytesOf, hold, isNewer, isTombstone } from "./held.ts";

function entryOf(change: Partial<Entry> & { atMs?: number; counter?: number } = {}): Entry {
  const { atMs = 1000, counter = 0, ...rest } = change;
  const author = rest.author ?? "ann";
  return {
    collection: "pods/default",
    name: "web",
    part: "spec",
    stamp: formatStamp({ wallMs: atMs, counter, machine: author }),
    author,
    body: "{}",
    signature: "s",
    ...rest,
  };
}

describe("hold", () => {
  test("gives a key one position, and each version an id", () => {
    const [a, b] = [hold(entryOf()), hold(entryOf({ atMs: 2000 }))];
    assert.equal(a.position, b.position);
    assert.notEqual(a.id, b.id);
    assert.notEqual(hold(entryOf({ name: "other" })).position, a.position);
    assert.notEqual(hold(entryOf({ part: "status:u" })).position, a.position);
    assert.equal(hold(entryOf()).id, a.id);
  });

  test("gives versions that sort by time", () => {
    assert(hold(entryOf({ atMs: 2000 })).version > hold(entryOf({ atMs: 1999 })).version);
    assert(hold(entryOf({ counter: 2 })).version > hold(entryOf({ counter: 1 })).version);
    assert.match(hold(entryOf()).version, /^[0-9a-z]{16}$/u);
  });

  test("rounds the bytes of an entry up", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (body) => {
        const entry = entryOf({ body });
        assert(hold(entry).bytes >= Buffer.byteLength(JSON.stringify(entry)));
        assert(bytesOf(body) >= Buffer.byteLength(JSON.stringify(body)));
      }),
    );
  });
});

test("isNewer is a total order of versions: by stamp, then by signature", () => {
  const versions = [
    entryOf({ atMs: 1 }),
    entryOf({ atMs: 2, counter: 1 }),
    entryOf({ atMs: 2, counter: 1, author: "bob" }),
    entryOf({ atMs: 3, signature: "a" }),
    entryOf({ atMs: 3, signature: "b" }),
  ];
  for (const [i, a] of versions.entries()) {
    for (const [j, b] of versions.entries()) assert.equal(isNewer(a, b), i > j);
  }
});

test("isTombstone knows a deletion by its empty body", () => {
  assert(isTombstone(entryOf({ body: "" })));
  assert(!isTombstone(entryOf()));
});

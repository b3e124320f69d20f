import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import fc from "fast-check";
import type { Member } from "./member.ts";
import {
  addressesMax,
  decodeMembershipMessage,
  memberOf,
  recordsMax,
  statementOf,
} from "./message.ts";

const good: readonly Json[] = [
  { k: "hb", d: "1a2b3c4" },
  { k: "hb", d: "0", w: 1_790_000_000_000, u: 12, n: 3, q: 1 },
  { k: "who", i: "ann", a: 500 },
  { k: "heard", i: "ann", a: 0 },
  { k: "news", m: [["ann", 1, 1_790_000_000_000, 0, ["/ip4/127.0.0.1/tcp/1"]]], f: 1 },
  { k: "dare", m: [["ann", 3]] },
  { k: "tree", l: 0, h: 2 ** 53, d: Array.from({ length: 16 }, () => "0") },
  { k: "view", l: 0, h: 2 ** 53, m: [["ann", 1, 7]] },
  { k: "want", i: ["ann", "bob"] },
];

const bad: readonly Json[] = [
  null,
  [],
  {},
  { k: "hb" },
  { k: "hb", d: "TOO LONG" },
  { k: "hb", d: "0", w: 5 },
  { k: "hb", d: "0", w: -1, u: 0 },
  { k: "hb", d: "0", n: 1.5 },
  { k: "nonsense" },
  { k: "constructor" },
  { k: "who", i: "a b", a: 1 },
  { k: "who", i: "ann", a: null },
  { k: "news", m: [["ann", 1, 7, 3, []]] },
  { k: "news", m: [["ann", -1, 7, 0, []]] },
  { k: "news", m: [["ann", 2 ** 50, 7, 0, []]] },
  { k: "news", m: [["ann", 1, 7, 0, ["x".repeat(513)]]] },
  { k: "news", m: [["ann", 1, 7, 0, Array.from({ length: addressesMax + 1 }, () => "x")]] },
  { k: "dare", m: Array.from({ length: recordsMax + 1 }, () => ["ann", 1]) },
  { k: "tree", l: 0, h: 8, d: ["0"] },
  { k: "tree", l: 8, h: 8, d: Array.from({ length: 16 }, () => "0") },
  { k: "view", l: 0.5, h: 8, m: [] },
];

describe("decodeMembershipMessage", () => {
  for (const json of good) {
    test(`reads ${JSON.stringify(json).slice(0, 60)}`, () => {
      assert.deepEqual(decodeMembershipMessage(json), json);
    });
  }

  for (const json of bad) {
    test(`refuses ${JSON.stringify(json).slice(0, 60)}`, () => {
      assert.equal(decodeMembershipMessage(json), undefined);
    });
  }

  test("reads any JSON without an error", () => {
    const anyKind = fc.constantFrom("hb", "who", "heard", "news", "dare", "tree", "view", "want");
    fc.assert(
      fc.property(fc.jsonValue(), anyKind, (value, k) => {
        for (const json of [value, { k, i: value, a: value, m: value, d: value, l: 0, h: 9 }]) {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fast-check made JSON
          decodeMembershipMessage(json as Json);
        }
      }),
    );
  });
});

describe("statementOf and memberOf", () => {
  const ann: Member = {
    id: "ann",
    incarnation: 3,
    startedMs: 7,
    addresses: ["/dns4/ann"],
    state: "alive",
  };

  test("carry a live member over", () => {
    assert.deepEqual(memberOf(statementOf(ann)), ann);
  });

  test("keep suspicion private, and addresses of the dead at home", () => {
    assert.equal(memberOf(statementOf({ ...ann, state: "suspect" })).state, "alive");
    assert.deepEqual(memberOf(statementOf({ ...ann, state: "dead" })).addresses, []);
    assert.equal(memberOf(statementOf({ ...ann, state: "left" })).state, "left");
  });
});

test("a heartbeat is at most 40 bytes, so that an idle mesh is quiet", () => {
  assert(JSON.stringify({ k: "hb", d: "1a2b3c4" }).length <= 40);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Entry, formatStamp } from "@beemesh/wire";
import { hold } from "./held.ts";
import { isExpired, isOffence, isStray, namespaceOf } from "./inspection.ts";
import { strayStatusMs, tombstoneMsMax } from "./limits.ts";
import type { Sheet } from "./shelf.ts";

function entryOf(change: Partial<Entry> = {}, wallMs = 1000): Entry {
  const stamp = formatStamp({ wallMs, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name: "web", part: "spec" } as const;
  return { ...key, stamp, author: "ann", body: "{}", signature: "s", ...change };
}

test("namespaceOf reads the namespace of a collection", () => {
  assert.equal(namespaceOf({ collection: "deployments.apps/shop" }), "shop");
  assert.equal(namespaceOf({ collection: "nodes/-" }), "-");
});

test("isExpired is true of old deletions alone", () => {
  const deletion = entryOf({ body: "" });
  assert(!isExpired(deletion, 1000 + tombstoneMsMax));
  assert(isExpired(deletion, 1001 + tombstoneMsMax));
  assert(!isExpired(entryOf(), 1001 + tombstoneMsMax));
});

test("isOffence spares a clock that is wrong", () => {
  assert(isOffence("forged") && isOffence("oversized"));
  assert(!isOffence("from-future"));
});

describe("isStray", () => {
  const later = 1001 + strayStatusMs;
  const status = entryOf({ part: "status:u1" });

  function sheetOf(spec: Entry | undefined): Sheet {
    return { spec: spec && hold(spec), statuses: [hold(status)] };
  }

  test("is false of the object's own status, and of one whose object is not known", () => {
    assert(!isStray(status, sheetOf(entryOf({ body: '{"metadata":{"uid":"u1"}}' })), later));
    assert(!isStray(status, sheetOf(undefined), later));
  });

  test("is true once the object was replaced or deleted long enough ago", () => {
    for (const body of ["", '{"metadata":{"uid":"u2"}}']) {
      const sheet = sheetOf(entryOf({ body }));
      assert(isStray(status, sheet, later));
      assert(!isStray(status, sheet, later - 1));
      assert(!isStray(status, sheetOf(entryOf({ body }, later)), later));
    }
  });
});

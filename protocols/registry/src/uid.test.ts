import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, formatStamp } from "@beemesh/wire";
import { uidOf } from "./uid.ts";

function specOf(body: string): Entry {
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name: "web", part: "spec" } as const;
  return { ...key, stamp, author: "ann", body, signature: "s" };
}

test("uidOf reads the uid of an object, and of nothing else", () => {
  const spec = specOf('{"metadata":{"uid":"u1"}}');
  assert.equal(uidOf(spec), "u1");
  assert.equal(uidOf(spec), "u1");
  for (const body of ["", "x", "[]", "{}", '{"metadata":[]}', '{"metadata":{"uid":1}}']) {
    assert.equal(uidOf(specOf(body)), undefined);
  }
});

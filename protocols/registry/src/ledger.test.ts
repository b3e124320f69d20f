import assert from "node:assert/strict";
import { test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import { hold } from "./held.ts";
import { Ledger } from "./ledger.ts";

test("Ledger gives the disk's part first, and everything once", () => {
  const ledger = new Ledger();
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name: "web", part: "spec" } as const;
  const entry = { ...key, stamp, author: "ann", body: "{}", signature: "s" };
  const held = hold(entry);
  ledger.emit({ kind: "changed", entry, before: undefined });
  ledger.drop(held);
  ledger.persist(entry);
  ledger.emit({ kind: "penalize", peer: "eve", reason: "entry-forged" });
  assert.deepEqual(ledger.take(), [
    { kind: "persist", entries: [entry] },
    { kind: "drop", keys: [held.key] },
    { kind: "forgotten", entries: [entry] },
    { kind: "changed", entry, before: undefined },
    { kind: "penalize", peer: "eve", reason: "entry-forged" },
  ]);
  assert.deepEqual(ledger.take(), []);
});

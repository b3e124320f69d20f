import assert from "node:assert/strict";
import { test } from "node:test";
import { messageBytesMax } from "@beemesh/ports";
import { formatStamp } from "@beemesh/wire";
import { batches } from "./batch.ts";
import { type Held, hold } from "./held.ts";
import { batchBytesMax, entriesPerMessageMax, entryBytesMax } from "./limits.ts";

function heldOf(index: number, body: string): Held {
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name: `web-${index}`, part: "spec" } as const;
  return hold({ ...key, stamp, author: "ann", body, signature: "s" });
}

test("batches keeps order and all entries, within count and size", () => {
  const many = Array.from({ length: 2 * entriesPerMessageMax }, (_, index) => heldOf(index, ""));
  const large = Array.from({ length: 20 }, (_, index) => heldOf(index, "x".repeat(300_000)));
  for (const helds of [[], many, large, [...large, ...many]]) {
    const parts = batches(helds);
    assert.deepEqual(
      parts.flat(),
      helds.map(({ entry }) => entry),
    );
    for (const part of parts) {
      assert(part.length > 0 && part.length <= entriesPerMessageMax);
      assert(JSON.stringify(part).length <= batchBytesMax);
    }
  }
});

test("batches sends the largest entry alone, and a message carries it", () => {
  const largest = heldOf(0, '"'.repeat(entryBytesMax / 2 - 1));
  const parts = batches([heldOf(1, "{}"), largest, heldOf(2, "{}")]);
  assert.deepEqual(
    parts.map(({ length }) => length),
    [1, 1, 1],
  );
  assert(JSON.stringify({ k: "r.put", e: parts[1] }).length <= messageBytesMax);
});

import type { Entry } from "@beemesh/wire";
import type { Held } from "./held.ts";
import { batchBytesMax, entriesPerMessageMax } from "./limits.ts";

/** Cuts entries into messages that are neither too long nor too large; one entry always fits. */
export function batches(helds: Iterable<Held>): readonly (readonly Entry[])[] {
  const all: Entry[][] = [];
  let batch: Entry[] = [];
  let bytes = 0;
  for (const held of helds) {
    const isFull = bytes + held.bytes > batchBytesMax || batch.length >= entriesPerMessageMax;
    if (isFull || all.length === 0) {
      batch = [];
      bytes = 0;
      all.push(batch);
    }
    batch.push(held.entry);
    bytes += held.bytes;
  }
  return all;
}

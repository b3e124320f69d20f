import { hashOf } from "@beemesh/base";
import { type Entry, entryKey, type PeerId, type RecordName } from "@beemesh/wire";

/** An entry that passed inspection, with what is computed of it once. */
export interface Held {
  readonly entry: Entry;
  readonly key: string;
  /** Where the key stands in the order that ranges are cut from: 0 to 2^53 - 1. */
  readonly position: number;
  /** Names this version of the key: equal versions on two machines have equal ids. */
  readonly id: number;
  /** Sorts versions of one key by time; 16 characters instead of a whole stamp. */
  readonly version: string;
  /** Bytes of the entry in a message, rounded up. */
  readonly bytes: number;
  /** The machines that it concerns, whether they keep its collection or not. */
  readonly concerns: readonly PeerId[];
  /** The records that it is derived from: they concern whom it concerns. */
  readonly parents: readonly RecordName[];
}

/** Says which machines an entry concerns. */
export type Interest = (entry: Entry) => readonly PeerId[];

/** Says which records an entry is derived from. */
export type Descent = (entry: Entry) => readonly RecordName[];

/** Computes what is needed to compare, to place and to send an entry. */
export function hold(entry: Entry, interested?: Interest, descent?: Descent): Held {
  const key = entryKey(entry);
  // Ed25519 signatures are a function of key and text: equal entries give equal ids.
  const id = hashOf(`${key}\n${entry.stamp}\n${entry.signature}`);
  const suffix = (id % 36 ** 4).toString(36).padStart(4, "0");
  return {
    entry,
    key,
    position: hashOf(key),
    id,
    version: entry.stamp.slice(0, 12) + suffix,
    bytes: bytesOf(entry.body) + key.length * 2 + 400,
    concerns: interested?.(entry) ?? [],
    parents: descent?.(entry) ?? [],
  };
}

/** Whether `a` replaces `b`, an entry with the same key: one total order on all machines. */
export function isNewer(a: Entry, b: Entry): boolean {
  return a.stamp > b.stamp || (a.stamp === b.stamp && a.signature > b.signature);
}

/** A deletion: nothing but the memory that there was something. */
export function isTombstone(entry: Entry): boolean {
  return entry.body === "";
}

/** Bytes of text as a JSON string in UTF-8, at most: escapes and surrogates are rounded up. */
export function bytesOf(text: string): number {
  let bytes = 2;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20) bytes += 6;
    else if (unit === 0x22 || unit === 0x5c) bytes += 2;
    else if (unit < 0x80) bytes += 1;
    else bytes += unit < 0x800 ? 2 : 3;
  }
  return bytes;
}

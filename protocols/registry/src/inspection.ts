import type { Now } from "@beemesh/base";
import type { Verifier } from "@beemesh/ports";
import { type Entry, entryText, readStamp } from "@beemesh/wire";
import type { HybridClock } from "./clock.ts";
import { bytesOf, isTombstone } from "./held.ts";
import { entryBytesMax, strayStatusMs, tombstoneMsMax } from "./limits.ts";
import type { Sheet } from "./shelf.ts";
import { uidOf } from "./uid.ts";

/** Why an entry is not kept. */
export type Refusal =
  /** The signature is not the author's over this text. */
  | "forged"
  /** The author has no authority over the namespace. */
  | "not-authorized"
  /** The stamp was not made by the author. */
  | "foreign-stamp"
  | "oversized"
  | "from-future";

/** Whether the fault is the sender's: an honest machine has checked the same before it sent. */
export function isOffence(refusal: Refusal): boolean {
  return refusal !== "from-future";
}

/** Checks an entry, and takes note of its stamp if all is well. What costs most comes late. */
export function inspect(
  entry: Entry,
  verifier: Verifier,
  clock: HybridClock,
  now: Now,
): Refusal | undefined {
  if (readStamp(entry.stamp).machine !== entry.author) return "foreign-stamp";
  const mayBeTooLarge = entry.body.length > entryBytesMax / 6;
  if (mayBeTooLarge && bytesOf(entry.body) > entryBytesMax) return "oversized";
  if (!verifier.mayAuthor(entry.author, namespaceOf(entry))) return "not-authorized";
  if (!verifier.verify(entryText(entry), entry.signature, entry.author)) return "forged";
  // Last of all: only a stamp that somebody answers for may advance the clock.
  return clock.observe(entry.stamp, now) === "from-future" ? "from-future" : undefined;
}

/** The namespace that an entry's collection is in; `-` for cluster-wide ones. */
export function namespaceOf({ collection }: Pick<Entry, "collection">): string {
  return collection.slice(collection.lastIndexOf("/") + 1);
}

/** Whether a deletion is older than it has to be remembered. */
export function isExpired(entry: Entry, meshMs: number): boolean {
  return isTombstone(entry) && ageMs(entry, meshMs) > tombstoneMsMax;
}

/**
 * Whether a status is garbage: its object was replaced or deleted so long ago that whoever
 * reports it has heard of that. Depends on nothing but the entries and the mesh's time, so that
 * all keepers agree.
 */
export function isStray(status: Entry, sheet: Readonly<Sheet>, meshMs: number): boolean {
  const spec = sheet.spec?.entry;
  if (spec === undefined) return false;
  // The age first: it costs nothing, while the uid has to be read from the body.
  const isOld = Math.min(ageMs(spec, meshMs), ageMs(status, meshMs)) > strayStatusMs;
  return isOld && !isAbout(status.part.slice("status:".length), spec);
}

/** Whether a specification has this uid. Its text says so without being read, as a rule. */
function isAbout(uid: string, spec: Entry): boolean {
  return spec.body.includes(`"uid":"${uid}"`) || uidOf(spec) === uid;
}

function ageMs(entry: Entry, meshMs: number): number {
  return meshMs - readStamp(entry.stamp).wallMs;
}

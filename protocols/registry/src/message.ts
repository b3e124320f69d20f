import type { CollectionId, Entry, Json, PeerId } from "@beemesh/wire";
import type { Range } from "./tree.ts";

/**
 * What two machines compare: a whole collection (`pods/default`), or of it what concerns one
 * machine that does not keep it (`pods/default~<peer>`).
 */
export type Scope = string;

/** A range and its fingerprint: `[range, sum, count]`. */
export type RangeSum = readonly [range: Range, sum: number, count: number];

/** A scope and its fingerprint: `[scope, sum, count]`. */
export type ScopeSum = readonly [scope: Scope, sum: number, count: number];

/** A key's position and the version held of it. */
export type Item = readonly [position: number, version: string];

/** All that is held of a range. */
export type RangeList = readonly [range: Range, items: readonly Item[]];

/** Entries on their way to those who shall hold them. */
export type DeliveryMessage =
  /** Keep these, please, and say so with `r.ack`. */
  | { readonly k: "r.put"; readonly e: readonly Entry[] }
  /** The entries with these ids are held here, or newer ones. */
  | { readonly k: "r.ack"; readonly i: readonly number[] }
  /** Do you hold these? `[position, version, id]`. Answered with `r.ack` and `r.want`. */
  | {
      readonly k: "r.offer";
      readonly c: CollectionId;
      readonly i: readonly (readonly [position: number, version: string, id: number])[];
    };

/** Finding and closing the differences between two machines. */
export type RepairMessage =
  /** Entries that you seem to lack. Not acknowledged. */
  | { readonly k: "r.give"; readonly e: readonly Entry[] }
  /** Give what stands at these positions, please. */
  | { readonly k: "r.want"; readonly c: CollectionId; readonly i: readonly number[] }
  /**
   * The fingerprint of all that we two share, or of the parts of it whose scopes hash into these
   * ranges; the sender's wall clock in milliseconds; and whether it waits to hear that we agree.
   */
  | {
      readonly k: "r.sum";
      readonly t: number;
      readonly g: readonly RangeSum[];
      readonly a: boolean;
    }
  /** All scopes that we two share in a range, each with its fingerprint. */
  | { readonly k: "r.scopes"; readonly p: Range; readonly c: readonly ScopeSum[] }
  /** Ranges of one scope that differ, and ranges listed in full because they are small. */
  | {
      readonly k: "r.range";
      readonly c: Scope;
      readonly r: readonly RangeSum[];
      readonly l: readonly RangeList[];
    };

/** A position in a keeper's log of a collection, and a fingerprint of the collection there. */
export interface FeedPosition {
  readonly c: CollectionId;
  /** The log: another life of the keeper has another epoch. 0 for none. */
  readonly e: number;
  readonly s: number;
  readonly f: number;
  readonly n: number;
}

/** Keeping a copy of a collection up to date. */
export type FeedMessage =
  /** Tell me of changes after this position; the fingerprint is of what I hold. */
  | ({ readonly k: "r.sub" } & FeedPosition)
  | { readonly k: "r.unsub"; readonly c: CollectionId }
  /**
   * The changes after position `s` up to `t`, without those that a later one has replaced. None
   * at `t` = `s` says: nothing is new.
   */
  | ({ readonly k: "r.change"; readonly t: number; readonly x: readonly Entry[] } & FeedPosition)
  /** Your position is unknown: from here on you are at this one; the rest comes by repair. */
  | ({ readonly k: "r.start" } & FeedPosition)
  /** I do not keep this collection. */
  | { readonly k: "r.not-kept"; readonly c: CollectionId };

/** Getting to know the authors of entries. */
type AcquaintanceMessage =
  /** Who are these authors of entries that you gave me? */
  | { readonly k: "r.who"; readonly a: readonly PeerId[] }
  /** The certificates of members that you asked about. */
  | { readonly k: "r.intro"; readonly x: readonly string[] };

/**
 * What registries say to each other. One way each: whoever needs an answer says it again. `k`
 * tells the kind; other members are single letters because they occur often.
 */
export type RegistryMessage = DeliveryMessage | RepairMessage | FeedMessage | AcquaintanceMessage;

const feedKinds: ReadonlySet<string> = new Set<FeedMessage["k"]>([
  "r.sub",
  "r.unsub",
  "r.change",
  "r.start",
  "r.not-kept",
]);

/** Whether a message is about following. */
export function isFeedMessage(message: RegistryMessage): message is FeedMessage {
  return feedKinds.has(message.k);
}

/** What shows a certificate to a peer that did not ask: a renewed one replaces the old. */
export function introductionOf(certificate: string): Json {
  return { k: "r.intro", x: [certificate] };
}

/** The scope of what concerns one machine in a collection. */
export function scopeOf(collection: CollectionId, peer?: PeerId): Scope {
  return peer === undefined ? collection : `${collection}~${peer}`;
}

/** The parts of a scope. */
export function readScope(scope: Scope): { collection: CollectionId; peer: PeerId | undefined } {
  const [collection = "", peer] = scope.split("~");
  return { collection, peer };
}

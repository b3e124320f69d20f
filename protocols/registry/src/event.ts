import type { Instant } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import type { CollectionId, Entry, EntryPart, PeerId } from "@beemesh/wire";
import type { RegistryMessage } from "./message.ts";

/** A live machine as the membership knows it. */
export interface LiveMember {
  readonly id: PeerId;
  readonly sinceMs?: number;
}

export type RegistryEvent =
  /** What the disk holds; first of all, once. */
  | { readonly kind: "load"; readonly entries: Iterable<Entry> }
  /**
   * Signs and keeps a new version; an empty body deletes. With a ticket, `acknowledged` tells how
   * widely it is held.
   */
  | {
      readonly kind: "write";
      readonly collection: CollectionId;
      readonly name: string;
      readonly part: EntryPart;
      readonly body: string;
      readonly ticket?: number;
      /**
       * Follows from the version that it replaces, as a controller's bookkeeping does: stamped
       * right after that one, so that any other write since then wins over it.
       */
      readonly isAmendment?: boolean;
      /**
       * Is older than whatever anybody has written of the same key; where something of it is held
       * here, an amendment of that.
       */
      readonly isPresumed?: boolean;
    }
  | { readonly kind: "members"; readonly alive: readonly LiveMember[] }
  | { readonly kind: "connected"; readonly peer: PeerId }
  | { readonly kind: "disconnected"; readonly peer: PeerId }
  | { readonly kind: "message"; readonly from: PeerId; readonly message: RegistryMessage }
  /** Keeps a copy of a collection up to date, although it is kept elsewhere. */
  | { readonly kind: "follow"; readonly collection: CollectionId }
  | { readonly kind: "unfollow"; readonly collection: CollectionId }
  /** Asks a keeper for the specification of one record, once. */
  | { readonly kind: "fetch"; readonly collection: CollectionId; readonly name: string }
  | { readonly kind: "tick" };

/** What the caller must do, in order: `persist` and `drop` come before all that rests on them. */
export type RegistryEffect =
  | { readonly kind: "persist"; readonly entries: readonly Entry[] }
  | { readonly kind: "drop"; readonly keys: readonly string[] }
  | { readonly kind: "send"; readonly to: PeerId; readonly message: RegistryMessage }
  | { readonly kind: "changed"; readonly entry: Entry; readonly before: Entry | undefined }
  /** Entries that this machine holds no longer, although nobody deleted them. */
  | { readonly kind: "forgotten"; readonly entries: readonly Entry[] }
  /**
   * How many keepers hold a write, and how many keepers there are. Given once a ticket: as soon
   * as a majority holds it, else after a timeout.
   */
  | {
      readonly kind: "acknowledged";
      readonly ticket: number;
      readonly holders: number;
      readonly of: number;
    }
  /**
   * What was written on two sides of a cut is not valid together, in these fields: this version
   * stands whole.
   */
  | { readonly kind: "disunited"; readonly object: KubeObject; readonly fields: readonly string[] }
  | { readonly kind: "wake"; readonly at: Instant }
  | { readonly kind: "penalize"; readonly peer: PeerId; readonly reason: string }
  | {
      readonly kind: "observe";
      readonly event: string;
      readonly facts: Readonly<Record<string, string | number>>;
    }
  /** A small fact to keep on disk before anything that follows: `Disk.set`. */
  | { readonly kind: "note"; readonly name: string; readonly value: string };

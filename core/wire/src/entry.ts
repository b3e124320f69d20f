import type { PeerId } from "./peer.ts";
import type { Stamp } from "./stamp.ts";

/**
 * The records of one kind in one namespace, and the unit of placement in the registry:
 * `<resource>[.<group>]/<namespace>`, with `-` for what has no namespace, such as
 * `pods/default`, `deployments.apps/default`, `nodes/-`.
 */
export type CollectionId = string;

/**
 * Which part of a record an entry holds. Each part has its own stamp, so that the author of a
 * specification and the machine that reports a status never overwrite each other.
 *
 * - `spec`: the object but for its status. A tombstone here deletes the record.
 * - `status:<uid>`: `{ status, managedFields }` of the object with that uid, written by one machine
 *   only.
 */
export type EntryPart = "spec" | `status:${string}`;

/** One signed, versioned value of the registry. Of two with the same key the newer stamp wins. */
export interface Entry {
  readonly collection: CollectionId;
  readonly name: string;
  readonly part: EntryPart;
  readonly stamp: Stamp;
  /** Who signed it: the machine whose API or controller wrote it. */
  readonly author: PeerId;
  /** JSON text, kept as it was signed; empty for a tombstone. */
  readonly body: string;
  /** base64url of the author's Ed25519 signature over {@link entryText}. */
  readonly signature: string;
}

/** Names a record, whatever its version. */
export type RecordName = Pick<Entry, "collection" | "name">;

/** An entry that its author has not signed yet. */
export type UnsignedEntry = Omit<Entry, "signature">;

/** The text that an author signs: every member in turn, none of which can contain a newline. */
export function entryText(entry: UnsignedEntry): string {
  const { collection, name, part, stamp, author, body } = entry;
  return ["beemesh/entry/1", collection, name, part, stamp, author, body].join("\n");
}

/** Where an entry lives: two entries with the same key are versions of one thing. */
export function entryKey(entry: Pick<Entry, "collection" | "name" | "part">): string {
  return `${entry.collection}\n${entry.name}\n${entry.part}`;
}

/** Names the collection of a resource in a namespace; cluster-wide without one. */
export function collectionOf(resource: string, group: string, namespace = ""): CollectionId {
  const qualified = group === "" ? resource : `${resource}.${group}`;
  return `${qualified}/${namespace === "" ? "-" : namespace}`;
}

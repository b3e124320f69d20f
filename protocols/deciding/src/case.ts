import type { CollectionId, RecordName } from "@beemesh/wire";

/** What a write is about, and where it is decided. */
export interface Case {
  /** Whose decider decides. */
  readonly collection: CollectionId;
  /** The record that is written; without a name if that is generated, or all are deleted. */
  readonly record: RecordName;
  /** Empty for what has no namespace. */
  readonly namespace: string;
  /** Whether more than the one object decides: what a budget or a quota counts. */
  readonly isCounted: boolean;
}

import type { CollectionId } from "@beemesh/wire";

/** The mesh as the controllers see it. Both answers may change at any time. */
export interface Members {
  /** This machine's place among the live keepers of a collection, 0 first; else undefined. */
  rankOf(collection: CollectionId): number | undefined;
  /** Whether the machine of this name (as in `spec.nodeName`) is held to be alive. */
  isAlive(machine: string): boolean;
}

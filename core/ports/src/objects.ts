import type { KubeObject, Resource, ResourceBook } from "@beemesh/model";

/**
 * A position in one machine's log of changes: a decimal integer below 2^63, comparable with
 * others of the same machine only.
 */
export type Revision = string;

export interface Change {
  readonly kind: "added" | "modified" | "deleted";
  readonly resource: Resource;
  /** With `metadata.resourceVersion` set to the revision of this change. */
  readonly object: KubeObject;
  /** The object before the change, for watches whose selector it has left. */
  readonly before?: KubeObject;
  readonly revision: Revision;
}

export interface Snapshot {
  readonly items: readonly KubeObject[];
  readonly revision: Revision;
}

/** What is known of how widely a write is held. */
export interface WriteTicket {
  readonly id: number;
  readonly object: KubeObject;
}

/** How a specification is written. */
export interface SpecOptions {
  /**
   * It is presumed to be there, as every machine presumes it of what a mesh begins with: whatever
   * anybody has written of the same name is newer, wherever and whenever that was.
   */
  readonly isPresumed?: boolean;
}

/**
 * The registry as the API and the controllers of one machine see it: whole objects, one totally
 * ordered log of changes, reads of one's own writes.
 */
export interface ObjectStore {
  /** The newest revision handed out. */
  readonly revision: Revision;
  /** The resources that there are, those of its own CustomResourceDefinitions among them. */
  readonly resources: ResourceBook;
  get(resource: Resource, namespace: string, name: string): KubeObject | undefined;
  /** All objects of a resource by namespace and name; of all namespaces without one. */
  list(resource: Resource, namespace?: string): Snapshot;
  /** Changes after `since`, oldest first; undefined if the log does not hold that revision. */
  changesSince(
    since: Revision,
    resource: Resource,
    namespace?: string,
  ): readonly Change[] | undefined;
  /** Calls `listener` at every later change of any resource; returns how to stop that. */
  onChange(listener: (change: Change) => void): () => void;
  /**
   * Writes the specification part (everything but `status`) of an object, whether it exists or
   * not. The caller has validated it and set uid, timestamps and generation.
   */
  putSpec(resource: Resource, object: KubeObject, options?: SpecOptions): WriteTicket;
  /** Writes the status part of the object with this uid. */
  putStatus(resource: Resource, object: KubeObject): WriteTicket;
  /** Deletes the record for good. */
  remove(resource: Resource, namespace: string, name: string): WriteTicket | undefined;
}

/**
 * Lists as they were at an earlier revision: the present list, with the changes since then taken
 * back. So pages of one list fit together however long the client takes, as long as the log
 * reaches back, and no snapshot has to be kept for it.
 */
import type { KubeObject, Resource } from "@beemesh/model";
import type { ObjectStore, Revision, Snapshot } from "@beemesh/ports";

/**
 * The objects of a resource at `revision`.
 *
 * @returns Undefined if the log does not hold that revision.
 */
export function snapshotAt(
  store: ObjectStore,
  { resource, namespace }: { readonly resource: Resource; readonly namespace: string },
  revision: Revision,
): Snapshot | undefined {
  const scope = namespace === "" ? undefined : namespace;
  const now = store.list(resource, scope);
  if (BigInt(revision) > BigInt(now.revision)) return undefined;
  const changes = store.changesSince(revision, resource, scope);
  if (changes === undefined) return undefined;
  if (changes.length === 0) return { items: now.items, revision };
  const items = new Map(now.items.map((object) => [keyOf(object), object]));
  for (const { kind, object, before } of changes.toReversed()) {
    if (kind === "added") items.delete(keyOf(object));
    else items.set(keyOf(object), before ?? object);
  }
  return { items: [...items.values()].toSorted(byKey), revision };
}

/** The order of every list: by namespace, then by name. */
export function byKey(a: KubeObject, b: KubeObject): number {
  const byNamespace = compare(a.metadata.namespace ?? "", b.metadata.namespace ?? "");
  return byNamespace === 0 ? compare(a.metadata.name, b.metadata.name) : byNamespace;
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

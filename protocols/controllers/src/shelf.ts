import { isDefinition, type KubeObject, type Resource, ResourceBook } from "@beemesh/model";
import type { Change, ObjectStore, Revision, Snapshot, WriteTicket } from "@beemesh/ports";
import { keyOfName } from "./census.ts";

/**
 * An object store in memory that loses nothing and shares nothing: what controllers are tried
 * with. As in the registry, an object of another uid is the deletion of the one before, and a
 * status belongs to one uid.
 */
export class Shelf implements ObjectStore {
  readonly resources = new ResourceBook();
  readonly #objects = new Map<
    string,
    { readonly resource: Resource; readonly object: KubeObject }
  >();
  readonly #listeners = new Set<(change: Change) => void>();
  #revision = 0;

  get revision(): Revision {
    return String(this.#revision);
  }

  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOfName(resource, namespace, name))?.object;
  }

  list(resource: Resource, namespace?: string): Snapshot {
    const items = [...this.#objects.values()]
      .filter((entry) => keyOfKind(entry.resource) === keyOfKind(resource))
      .map(({ object }) => object)
      .filter(({ metadata }) => !namespace || metadata.namespace === namespace);
    return { items, revision: this.revision };
  }

  changesSince(): readonly Change[] | undefined {
    return undefined;
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  putSpec(resource: Resource, whole: KubeObject): WriteTicket {
    const { status: _, ...object } = whole;
    const { namespace = "", name, uid } = object.metadata;
    const before = this.get(resource, namespace, name);
    const isSame = before?.metadata.uid === uid;
    if (before !== undefined && !isSame) this.remove(resource, namespace, name);
    const status = isSame && before?.status !== undefined ? { status: before.status } : {};
    return this.#set(resource, { ...object, ...status });
  }

  putStatus(resource: Resource, object: KubeObject): WriteTicket {
    const { namespace = "", name, uid } = object.metadata;
    const before = this.get(resource, namespace, name);
    if (before === undefined || before.metadata.uid !== uid) return { id: 0, object };
    return this.#set(resource, { ...before, status: object.status });
  }

  remove(resource: Resource, namespace: string, name: string): WriteTicket | undefined {
    const object = this.get(resource, namespace, name);
    if (object === undefined) return undefined;
    this.#objects.delete(keyOfName(resource, namespace, name));
    this.#tell({ kind: "deleted", resource, object, revision: this.#next() });
    return { id: 0, object };
  }

  #set(resource: Resource, object: KubeObject): WriteTicket {
    const { namespace, name } = object.metadata;
    const key = keyOfName(resource, namespace, name);
    const before = this.#objects.get(key)?.object;
    this.#objects.set(key, { resource, object });
    const revision = this.#next();
    if (before === undefined) this.#tell({ kind: "added", resource, object, revision });
    else this.#tell({ kind: "modified", resource, object, before, revision });
    return { id: 0, object };
  }

  #next(): Revision {
    this.#revision += 1;
    return this.revision;
  }

  #tell(change: Change): void {
    if (isDefinition(change.resource)) {
      if (change.kind === "deleted") this.resources.forget(change.object.metadata.name);
      else this.resources.learn(change.object);
    }
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOfKind({ group, name }: Resource): string {
  return `${group}/${name}`;
}

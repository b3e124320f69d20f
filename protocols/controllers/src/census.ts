import { isPod, type KubeObject, type Pod, type Resource } from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { type CollectionId, collectionOf } from "@beemesh/wire";

/** An object and what kind it is. */
export interface Entry {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** Deletions that are remembered; the registry's own memory is asked for older ones. */
const deletedMax = 10_000;

/** What the store cannot be asked quickly: who owns whom, who runs where, what was deleted. */
export class Census {
  readonly #owned = new Map<string, Map<string, Entry>>();
  readonly #podsOn = new Map<string, Map<string, Pod>>();
  readonly #bare = new Map<string, Map<string, Pod>>();
  readonly #collections = new Map<CollectionId, Set<string>>();
  readonly #deleted = new Set<string>();

  constructor(store: ObjectStore) {
    for (const resource of store.resources.all) {
      for (const object of store.list(resource).items) this.#add({ resource, object });
    }
  }

  /** The objects that name the uid as an owner. */
  ownedBy(uid: string): Entry[] {
    return [...(this.#owned.get(uid)?.values() ?? [])];
  }

  /** The pods whose record names the machine. */
  podsOn(machine: string): Pod[] {
    return [...(this.#podsOn.get(machine)?.values() ?? [])];
  }

  /** The pods of a namespace that no controller owns. */
  barePods(namespace: string): Pod[] {
    return [...(this.#bare.get(namespace)?.values() ?? [])];
  }

  /** The machines that a pod's record names. */
  machines(): Iterable<string> {
    return this.#podsOn.keys();
  }

  /** The collections that hold something, each with the keys in it. */
  collections(): Iterable<[CollectionId, ReadonlySet<string>]> {
    return this.#collections;
  }

  /** Whether the object of this uid is known to have been deleted. */
  wasDeleted(uid: string): boolean {
    return this.#deleted.has(uid);
  }

  apply({ kind, resource, object, before }: Change): void {
    if (before !== undefined) this.#remove({ resource, object: before });
    if (kind === "deleted") {
      this.#remove({ resource, object });
      this.#forget(object.metadata.uid);
    } else this.#add({ resource, object });
  }

  #forget(uid: string | undefined): void {
    if (uid === undefined) return;
    this.#deleted.add(uid);
    const [oldest] = this.#deleted;
    if (this.#deleted.size > deletedMax && oldest !== undefined) this.#deleted.delete(oldest);
  }

  #add(entry: Entry): void {
    const { resource, object } = entry;
    const key = keyOf(entry);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      memberOf(this.#owned, uid, () => new Map()).set(key, entry);
    }
    if (isPod(object)) this.#addPod(key, object);
    memberOf(this.#collections, collectionOfEntry(resource, object), () => new Set()).add(key);
  }

  #addPod(key: string, pod: Pod): void {
    const { nodeName = "" } = pod.spec;
    const { namespace = "", ownerReferences = [] } = pod.metadata;
    if (nodeName !== "") memberOf(this.#podsOn, nodeName, () => new Map()).set(key, pod);
    if (ownerReferences.some(({ controller }) => controller === true)) return;
    memberOf(this.#bare, namespace, () => new Map()).set(key, pod);
  }

  #remove(entry: Entry): void {
    const { resource, object } = entry;
    const key = keyOf(entry);
    for (const { uid } of object.metadata.ownerReferences ?? []) drop(this.#owned, uid, key);
    drop(this.#bare, object.metadata.namespace ?? "", key);
    if (isPod(object)) drop(this.#podsOn, object.spec.nodeName ?? "", key);
    drop(this.#collections, collectionOfEntry(resource, object), key);
  }
}

/** Names an object for the queue: `<resource>[.<group>]/<namespace or ->/<name>`. */
export function keyOf({ resource, object }: Entry): string {
  return keyOfName(resource, object.metadata.namespace, object.metadata.name);
}

/** The key of the object of this name. */
export function keyOfName(resource: Resource, namespace: string | undefined, name: string): string {
  return `${collectionOf(resource.name, resource.group, namespace)}/${name}`;
}

function collectionOfEntry(resource: Resource, object: KubeObject): CollectionId {
  return collectionOf(resource.name, resource.group, object.metadata.namespace);
}

function memberOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

interface Bag {
  readonly size: number;
  delete(key: string): boolean;
}

function drop(map: Map<string, Bag>, from: string, key: string): void {
  const bag = map.get(from);
  bag?.delete(key);
  if (bag?.size === 0) map.delete(from);
}

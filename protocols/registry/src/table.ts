import type { KubeObject, Resource } from "@beemesh/model";
import type { CollectionId, Entry } from "@beemesh/wire";

/** One object, joined of its parts. */
export interface Row {
  /** The specification, as text and as it was read. */
  spec: Entry;
  base: KubeObject;
  uid: string;
  /** The object as it was last given out. */
  object: KubeObject;
}

/** The objects of one collection by name, and in order. */
export class Table {
  readonly collection: CollectionId;
  /** A definition that is changed changes it. */
  resource: Resource;
  /** Empty for cluster-wide objects. */
  readonly namespace: string;
  readonly #rows = new Map<string, Row>();
  /** The order, once somebody has asked for it; kept up to date from then on. */
  #order: { readonly names: string[]; objects: KubeObject[] } | undefined;
  /** Whether the list of the order was given out, so that it must be copied before a change. */
  #isGivenOut = false;

  constructor(collection: CollectionId, resource: Resource, namespace: string) {
    this.collection = collection;
    this.resource = resource;
    this.namespace = namespace;
  }

  get(name: string): Row | undefined {
    return this.#rows.get(name);
  }

  set(name: string, row: Row): void {
    this.#change(name, this.#rows.has(name) ? 1 : 0, row.object);
    this.#rows.set(name, row);
  }

  delete(name: string): void {
    if (this.#rows.delete(name)) this.#change(name, 1);
  }

  /** All objects by name. The list is not changed afterwards, and may be kept. */
  objects(): readonly KubeObject[] {
    this.#order ??= this.#sort();
    this.#isGivenOut = true;
    return this.#order.objects;
  }

  #sort(): { names: string[]; objects: KubeObject[] } {
    const names = [...this.#rows.keys()].toSorted();
    return { names, objects: names.flatMap((name) => this.#rows.get(name)?.object ?? []) };
  }

  /** Puts an object, or none, in the place of those that have the name: one or none. */
  #change(name: string, replaced: 0 | 1, object?: KubeObject): void {
    if (this.#order === undefined) return;
    if (this.#isGivenOut) this.#order.objects = [...this.#order.objects];
    this.#isGivenOut = false;
    const { names, objects } = this.#order;
    const index = indexOf(name, names);
    if (object !== undefined && replaced === 1) {
      objects[index] = object;
      return;
    }
    names.splice(index, replaced, ...(object === undefined ? [] : [name]));
    objects.splice(index, replaced, ...(object === undefined ? [] : [object]));
  }
}

/** Where a name stands among sorted ones, or would stand. */
function indexOf(name: string, names: readonly string[]): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? "") < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { findResource, type Resource, type ResourceBook, resources } from "@beemesh/model";
import type { ApiRequest, ObjectStore } from "@beemesh/ports";
import { type CollectionId, collectionOf } from "@beemesh/wire";

/** What a {@link Reading} needs of the machine. */
export interface Shelf {
  readonly objects: ObjectStore;
  /** Keeps a copy of a collection here for some minutes. */
  follow(collection: CollectionId): void;
  /** Whether a collection can be read here: this machine keeps it, or follows it closely. */
  holds(collection: CollectionId): boolean;
  /** Whether all of a collection is here, as far as can be known. */
  knows(collection: CollectionId): boolean;
}

/** How long an answer waits for a collection that is kept elsewhere to come. */
const waitMsMax = 2000;
/** How often it is looked for, in milliseconds. */
const lookMs = 20;

/**
 * Brings here what the API is asked for. In a mesh of five machines everybody keeps everything;
 * in a larger one a machine follows the collections that its own users read.
 */
export class Reading {
  readonly #shelf: Shelf;
  /** Lets the machine act on what it is to follow. */
  readonly #nudge: () => void;

  constructor(shelf: Shelf, nudge: () => void) {
    this.#shelf = shelf;
    this.#nudge = nudge;
  }

  /** Waits until what a request is about is here, or has not come in time. */
  async bring(request: ApiRequest): Promise<void> {
    // What else there is, and what a path means, is said by definitions.
    if (speaksOfOthers(request.path)) await this.bringAll([definitions]);
    await this.bringAll([...this.#collectionsOf(request)]);
  }

  /** Waits until collections are here, or have not come in time. */
  bringAll(wanted: readonly CollectionId[]): Promise<void> {
    return this.#wait(wanted, (collection) => this.#shelf.holds(collection));
  }

  /**
   * Waits until all of collections is here, or is not known to be in time: who is refused by what
   * lacks is refused wrongly. A machine that has become a keeper just now holds a collection, and
   * does not know yet whether that is all of it.
   */
  learn(wanted: readonly CollectionId[]): Promise<void> {
    return this.#wait(wanted, (collection) => this.#shelf.knows(collection));
  }

  async #wait(
    wanted: readonly CollectionId[],
    isHere: (collection: CollectionId) => boolean,
  ): Promise<void> {
    for (const collection of wanted) this.#shelf.follow(collection);
    if (wanted.every(isHere)) return;
    this.#nudge();
    const deadline = performance.now() + waitMsMax;
    while (performance.now() < deadline) {
      if (wanted.every(isHere)) return;
      await new Promise((resolve) => {
        setTimeout(resolve, lookMs);
      });
    }
  }

  *#collectionsOf({ path }: ApiRequest): Generator<CollectionId> {
    const place = placeOf(path, this.#shelf.objects.resources);
    if (place === undefined) return;
    const { resource, namespace } = place;
    if (!resource.namespaced) yield collectionOf(resource.name, resource.group);
    else {
      for (const name of namespace === undefined ? this.namespaces() : [namespace]) {
        yield collectionOf(resource.name, resource.group, name);
      }
      yield collectionOf("namespaces", "");
      if (ofNodes.has(resource.name)) yield collectionOf("nodes", "");
    }
  }

  /** The names of all namespaces that are known here. */
  namespaces(): string[] {
    const resource = findResource("", "namespaces");
    if (resource === undefined) return [];
    return this.#shelf.objects.list(resource).items.map(({ metadata }) => metadata.name);
  }
}

/** What is computed of Nodes: the leases of machines, and where their APIs are. */
const ofNodes: ReadonlySet<string> = new Set(["leases", "endpoints", "endpointslices"]);

const definitions = collectionOf("customresourcedefinitions", "apiextensions.k8s.io");

/** Whether a path may be about custom resources: theirs, and the documents that list them. */
function speaksOfOthers(path: readonly string[]): boolean {
  const [root, group, version] = path.filter((segment) => segment !== "");
  if (root === "openapi" || (root === "apis" && version === undefined)) return true;
  return root === "apis" && !resources.some((resource) => resource.group === group);
}

/** The resource and namespace that a path speaks of; undefined for documents and discovery. */
function placeOf(
  path: readonly string[],
  book: ResourceBook,
): { readonly resource: Resource; readonly namespace: string | undefined } | undefined {
  const segments = path.filter((segment) => segment !== "");
  const isCore = segments[0] === "api";
  const group = isCore ? "" : (segments[1] ?? "");
  const rest = segments.slice(isCore ? 2 : 3);
  const isInside = rest[0] === "namespaces" && rest.length > 2;
  const name = (isInside ? rest[2] : rest[0]) ?? "";
  const resource = book.find(group, name);
  return resource && { resource, namespace: isInside ? rest[1] : undefined };
}

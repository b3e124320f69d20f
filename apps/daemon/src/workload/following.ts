import { type CollectionId, collectionOf } from "@beemesh/wire";

/** What following needs of the machine. */
export interface Shelf {
  /** Keeps a copy of a collection here for some minutes. */
  follow(collection: CollectionId): void;
  /** Brings collections here, and waits until they are or have not come in time. */
  bring(collections: readonly CollectionId[]): Promise<void>;
  /** Whether all of a collection is here. */
  holds(collection: CollectionId): boolean;
  /** The names of all namespaces that are known here. */
  namespaces(): readonly string[];
}

/** What an answer is about. */
export type About =
  /** The pod itself: its namespace's policies. */
  | { readonly kind: "self" }
  /** A Service and what stands behind it. */
  | { readonly kind: "services"; readonly namespace: string }
  /** Who calls from a namespace. */
  | { readonly kind: "callers"; readonly namespace: string }
  /** An address that may be of any namespace's Service. */
  | { readonly kind: "anywhere" };

/** Collections that one pod's questions keep here: some fifty namespaces that it talks to. */
const perPodMax = 256;

/**
 * The collections that names, routes and verdicts are made of, kept here for as long as there are
 * pods that ask for them: what was told must be told again when it changes. In a mesh of five
 * machines everybody keeps everything, and this asks for nothing.
 */
export class Following {
  readonly #shelf: Shelf;
  readonly #byPod = new Map<string, Set<CollectionId>>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Waits, for a bounded time, until what an answer for a pod of a namespace needs is here. */
  async bring(
    pod: { readonly uid: string; readonly namespace: string },
    about: About,
  ): Promise<void> {
    const wanted = [...this.#collectionsFor(pod.namespace, about)];
    const own = this.#byPod.get(pod.uid) ?? new Set<CollectionId>();
    this.#byPod.set(pod.uid, own);
    for (const collection of wanted) {
      own.delete(collection);
      own.add(collection);
    }
    while (own.size > perPodMax) {
      const [oldest = ""] = own;
      own.delete(oldest);
    }
    if (!wanted.every((collection) => this.#shelf.holds(collection))) {
      await this.#shelf.bring(wanted);
    }
  }

  /** Whether every pod and Service of the mesh is here, so that nobody else knows of more. */
  isAllHere(): boolean {
    if (!this.#shelf.holds(collectionOf("namespaces", ""))) return false;
    return this.#shelf
      .namespaces()
      .every((namespace) =>
        ["services", "pods"].every((kind) => this.#shelf.holds(collectionOf(kind, "", namespace))),
      );
  }

  /** Asks again for all that is followed, so that it stays. To be called every few minutes. */
  refresh(): void {
    for (const own of this.#byPod.values()) {
      for (const collection of own) this.#shelf.follow(collection);
    }
  }

  /** A pod is gone. */
  forget(uid: string): void {
    this.#byPod.delete(uid);
  }

  *#collectionsFor(own: string, about: About): Generator<CollectionId> {
    yield collectionOf("namespaces", "");
    yield collectionOf("networkpolicies", "networking.k8s.io", own);
    if (about.kind === "self") yield* behindServices(own);
    else if (about.kind === "services") yield* behindServices(about.namespace);
    else if (about.kind === "callers") {
      yield collectionOf("pods", "", own);
      yield collectionOf("pods", "", about.namespace);
      yield collectionOf("externalworkloads", "beemesh.io", about.namespace);
    } else {
      for (const namespace of this.#shelf.namespaces()) {
        yield collectionOf("services", "", namespace);
      }
    }
  }
}

function* behindServices(namespace: string): Generator<CollectionId> {
  yield collectionOf("services", "", namespace);
  yield collectionOf("endpointslices", "discovery.k8s.io", namespace);
  yield collectionOf("pods", "", namespace);
  yield collectionOf("externalworkloads", "beemesh.io", namespace);
}

/**
 * The namespace that a name inside of the mesh speaks of; undefined for other names.
 *
 * @param name - Absolute, lower case, without the last dot, such as `web.shop.svc.cluster.local`.
 */
export function namespaceOfName(name: string, clusterDomain = "cluster.local"): string | undefined {
  const suffix = `.svc.${clusterDomain}`;
  if (!name.endsWith(suffix)) return undefined;
  return name.slice(0, -suffix.length).split(".").at(-1);
}

import { judgingResources } from "@beemesh/admission";
import { after, type Instant, type Now } from "@beemesh/base";
import {
  type KubeObject,
  type Pod,
  type Resource,
  type ResourceBook,
  resources,
} from "@beemesh/model";
import type { Coverage } from "@beemesh/registry";
import { type CollectionId, canonicalJson, collectionOf } from "@beemesh/wire";

/** What subscriptions need of the registry. */
export interface Shelves {
  collections(): readonly CollectionId[];
  rankOf(collection: CollectionId): number | undefined;
  coverageOf(collection: CollectionId): Coverage;
}

/** A change of what is followed. */
export interface Subscription {
  readonly kind: "follow" | "unfollow";
  readonly collection: CollectionId;
}

/** What decides which collections are followed. */
export interface Followed {
  /** That run here. */
  readonly pods: Iterable<Pod>;
  /** Namespaces that are being deleted. */
  readonly ending: readonly KubeObject[];
  /** Whose Secrets its images are pulled with, if it has none of its own. */
  readonly accountOf: (pod: Pod) => KubeObject | undefined;
}

/** A collection that the API was asked for stays here so long after it was last asked. */
const servedMs = 10 * 60_000;

/** Collections that the API keeps here by being asked; of more the longest unasked goes. */
const servedMax = 1024;

const nodes = collectionOf("nodes", "");
const namespaces = collectionOf("namespaces", "");
const definitions = collectionOf("customresourcedefinitions", "apiextensions.k8s.io");
const priorityClasses = collectionOf("priorityclasses", "scheduling.k8s.io");

const runtimeClasses = collectionOf("runtimeclasses", "node.k8s.io");

/** What every pod that is made is completed by. */
const podClasses = [priorityClasses, runtimeClasses];

/** Webhooks and policies: who else has a say about what is written. */
const judges = judgingResources.map(({ name, group }) => collectionOf(name, group));

/** What every API decides by, whatever it is asked; small, and read at every request. */
const everywhere = [
  namespaces,
  collectionOf("clusterroles", "rbac.authorization.k8s.io"),
  collectionOf("clusterrolebindings", "rbac.authorization.k8s.io"),
  ...podClasses,
  ...judges,
];

/** What says which pods may be made in a namespace, for whoever makes them there. */
const podRules = ["limitranges", "resourcequotas"];

/** What the controllers of a kind read besides the objects themselves, in the same namespace. */
const readWith: Readonly<Record<string, readonly string[]>> = {
  "deployments.apps": ["replicasets.apps", "pods"],
  "replicasets.apps": ["pods", "deployments.apps", ...podRules],
  "jobs.batch": ["pods", ...podRules],
  replicationcontrollers: ["pods", ...podRules],
  "statefulsets.apps": ["pods", "controllerrevisions.apps", ...podRules],
  "daemonsets.apps": ["pods", "controllerrevisions.apps", ...podRules],
  "cronjobs.batch": ["jobs.batch"],
  pods: [
    "replicasets.apps",
    "deployments.apps",
    "jobs.batch",
    "statefulsets.apps",
    "daemonsets.apps",
    "controllerrevisions.apps",
    "replicationcontrollers",
  ],
  services: [
    "pods",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "externalworkloads.beemesh.io",
  ],
  endpoints: ["services"],
  "horizontalpodautoscalers.autoscaling": [
    "pods",
    "replicasets.apps",
    "deployments.apps",
    "statefulsets.apps",
    "replicationcontrollers",
  ],
  "poddisruptionbudgets.policy": [
    "pods",
    "replicasets.apps",
    "deployments.apps",
    "statefulsets.apps",
    "replicationcontrollers",
  ],
  "endpointslices.discovery.k8s.io": ["services"],
  // A quota counts what there is of any kind.
  resourcequotas: resources
    .filter(({ namespaced }) => namespaced)
    .map(({ name, group }) => (group === "" ? name : `${name}.${group}`))
    .filter((kind) => kind !== "resourcequotas"),
};

/** Which custom resources the controllers of a kind read besides, in the same namespace. */
const readCustom: Readonly<Record<string, (resource: Resource) => boolean>> = {
  "horizontalpodautoscalers.autoscaling": ({ hasScale }) => hasScale,
  resourcequotas: () => true,
};

/** Kinds whose controllers ask which machine is which. */
const readNodes: ReadonlySet<string> = new Set([
  "deployments.apps",
  "replicasets.apps",
  "jobs.batch",
  "replicationcontrollers",
  "statefulsets.apps",
  "daemonsets.apps",
  "pods",
  "ingresses.networking.k8s.io",
  "horizontalpodautoscalers.autoscaling",
  "poddisruptionbudgets.policy",
]);

/** What says which pods may be made, wherever they are. */
const podRulesEverywhere = [...podClasses, namespaces, ...judges];

/** What the controllers of a kind read besides, of which there is no namespace. */
const readCluster: Readonly<Record<string, readonly CollectionId[]>> = {
  "daemonsets.apps": podRulesEverywhere,
  "horizontalpodautoscalers.autoscaling": [definitions],
  "ingresses.networking.k8s.io": [collectionOf("ingressclasses", "networking.k8s.io")],
  "jobs.batch": podRulesEverywhere,
  pods: [runtimeClasses],
  "replicasets.apps": podRulesEverywhere,
  replicationcontrollers: podRulesEverywhere,
  resourcequotas: [definitions],
  "statefulsets.apps": podRulesEverywhere,
};

/**
 * What this machine must follow of what others keep: all that its controllers read beside what it
 * keeps itself, the settings of the pods that it runs, and what its API serves.
 * In a mesh of five machines everybody keeps everything, and following is free.
 */
export class Subscriptions {
  readonly #shelves: Shelves;
  readonly #book: Pick<ResourceBook, "all">;
  /** When each collection was last asked for, the longest unasked first. */
  readonly #served = new Map<CollectionId, Instant>();
  #followed: ReadonlySet<CollectionId> = new Set();
  /** Collections that are kept here, and that the controllers had to leave alone so far. */
  #unready: readonly CollectionId[] = [];
  #known = new Set<CollectionId>();
  #isStale = true;

  constructor(shelves: Shelves, book: Pick<ResourceBook, "all">) {
    this.#shelves = shelves;
    this.#book = book;
  }

  /** Whether what is followed should be thought over. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Something has changed that decides what to follow. */
  touch(): void {
    this.#isStale = true;
  }

  /** An object of a collection has changed; the first of its collection is news. */
  notice(collection: CollectionId): void {
    if (this.#known.has(collection)) return;
    this.#known.add(collection);
    this.#isStale = true;
  }

  /** The API is asked for a collection now. */
  serve(collection: CollectionId, now: Now): void {
    this.#isStale ||= !this.#served.has(collection);
    this.#served.delete(collection);
    this.#served.set(collection, now.at);
    const [oldest] = this.#served.keys();
    if (this.#served.size > servedMax && oldest !== undefined) this.#served.delete(oldest);
  }

  /**
   * Whether the controllers may act on a collection: it is here, and so is all that they read
   * beside it. What is not known to be here must not be taken for missing: a machine that has
   * just come would make anew all that it has not heard of.
   */
  isReady(collection: CollectionId): boolean {
    return [collection, ...this.#besides(collection)].every(
      (each) => this.#shelves.coverageOf(each) !== "partly",
    );
  }

  /** Where this machine stands among those who act on a collection; undefined if it may not. */
  rankOf(collection: CollectionId): number | undefined {
    return this.isReady(collection) ? this.#shelves.rankOf(collection) : undefined;
  }

  /** Whether the controllers may act on a collection since now that they had to leave alone. */
  takeReady(): boolean {
    if (!this.#unready.some((collection) => this.isReady(collection))) return false;
    this.#unready = this.#unready.filter((collection) => !this.isReady(collection));
    return true;
  }

  /** What to follow and to leave from now on, by what is kept, run and served. */
  update({ pods, ending, accountOf }: Followed, now: Now): readonly Subscription[] {
    this.#isStale = false;
    const wanted = new Set([
      ...everywhere,
      ...this.#forPods(pods, accountOf),
      ...this.#forApi(now),
    ]);
    this.#known = new Set(this.#shelves.collections());
    const kept = [...this.#known].filter((each) => this.#shelves.rankOf(each) !== undefined);
    this.#unready = kept.filter((collection) => !this.isReady(collection));
    for (const collection of kept) {
      for (const beside of this.#besides(collection)) wanted.add(beside);
    }
    if (this.#shelves.rankOf(namespaces) !== undefined) {
      for (const collection of this.#contentsOf(ending)) wanted.add(collection);
    }
    const before = this.#followed;
    this.#followed = wanted;
    return [
      ...[...wanted.difference(before)].map((collection) => subscription("follow", collection)),
      ...[...before.difference(wanted)].map((collection) => subscription("unfollow", collection)),
    ];
  }

  #besides(collection: CollectionId): readonly CollectionId[] {
    const [kind = "", place = ""] = collection.split("/");
    const beside = [
      ...(readWith[kind] ?? []).map((other) => `${other}/${place}`),
      ...this.#customBesides(kind, place),
      ...(readCluster[kind] ?? []),
    ];
    return readNodes.has(kind) ? [...beside, nodes] : beside;
  }

  #customBesides(kind: string, place: string): readonly CollectionId[] {
    const isRead = readCustom[kind];
    if (isRead === undefined) return [];
    return this.#book.all
      .filter((resource) => isCustomThere(resource) && isRead(resource))
      .map(({ name, group }) => collectionOf(name, group, place));
  }

  /** All that can be in namespaces that are being deleted: they end when nothing is left. */
  #contentsOf(ending: readonly KubeObject[]): readonly CollectionId[] {
    if (ending.length === 0) return [];
    const kinds = this.#book.all.filter(({ namespaced }) => namespaced);
    const contents = ending.flatMap(({ metadata }) =>
      kinds.map(({ name, group }) => collectionOf(name, group, metadata.name)),
    );
    return [definitions, ...contents];
  }

  #forPods(pods: Iterable<Pod>, accountOf: Followed["accountOf"]): Set<CollectionId> {
    const wanted = new Set<CollectionId>();
    for (const pod of pods) {
      const { metadata, spec } = pod;
      const { namespace = "" } = metadata;
      // Names of settings stand in many places of a pod; whether there are any is in its text.
      const imagePullSecrets = accountOf(pod)?.["imagePullSecrets"] ?? [];
      const text = canonicalJson([spec, { imagePullSecrets }]);
      wanted.add(collectionOf("serviceaccounts", "", namespace));
      if (spec.enableServiceLinks !== false) wanted.add(collectionOf("services", "", namespace));
      // Who makes room for a more important pod is rather one that no budget protects.
      wanted.add(collectionOf("poddisruptionbudgets", "policy", namespace));
      if (text.includes('"configMap')) wanted.add(collectionOf("configmaps", "", namespace));
      const readsSecrets = /"secret|"imagePullSecrets":\[\{/u.test(text);
      if (readsSecrets) wanted.add(collectionOf("secrets", "", namespace));
    }
    return wanted;
  }

  #forApi(now: Now): readonly CollectionId[] {
    for (const [collection, at] of this.#served) {
      if (now.at < after(at, servedMs)) break;
      this.#served.delete(collection);
    }
    return [...this.#served.keys()];
  }
}

function isCustomThere({ custom, namespaced }: Resource): boolean {
  return custom !== undefined && namespaced;
}

function subscription(kind: Subscription["kind"], collection: CollectionId): Subscription {
  return { kind, collection };
}

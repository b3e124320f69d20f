/**
 * The store, with the objects that are there without anybody having written them:
 *
 * - the default ClusterRoles and ClusterRoleBindings;
 * - the PriorityClasses of the system;
 * - in each namespace the ServiceAccount `default`, with a uid computed of the namespace's;
 * - in each namespace the ConfigMap `kube-root-ca.crt`, with the authority of this machine;
 * - in `kube-node-lease` a Lease for each Node, which its machine's heartbeats renew;
 * - the Service `kubernetes`, and the APIs of all machines behind it.
 *
 * A record of the same name takes the place of a computed object; what is deleted is there again
 * at once, under a new uid, as a cluster's own controllers would make it.
 */
import { systemPriorityClasses } from "@beemesh/admission";
import {
  apiNamespace,
  findResource,
  type KubeObject,
  type Resource,
  type ResourceBook,
} from "@beemesh/model";
import type {
  Change,
  ObjectStore,
  Revision,
  Snapshot,
  SpecOptions,
  WriteTicket,
} from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { apiObjects, withApiContent } from "../api-service.ts";
import { asKept, asVersion } from "../custom/conversion.ts";
import { fieldAt, listAt } from "../field.ts";
import { byKey } from "../past.ts";
import { autoUpdateMark, defaultBindings, defaultRoles, rbacGroup } from "./default-roles.ts";
import { beyond, rulesOf } from "./rule.ts";

export interface ComputedStoreOptions {
  readonly store: ObjectStore;
  /** An RFC 9562 identifier computed of a text. */
  readonly uidOf: (text: string) => string;
  /** An identifier that nobody has had before. */
  readonly makeUid: () => string;
  /** PEM of the authority of this machine's API; without it there is no `kube-root-ca.crt`. */
  readonly rootCa?: string | undefined;
  /** When the machine of the node was last heard of, RFC 3339; undefined if nobody knows. */
  readonly heardOf: (node: string) => string | undefined;
  /** Whether the machine of the node answers. */
  readonly isAlive: (node: string) => boolean;
}

const rootCaName = "kube-root-ca.crt";
const defaultAccountName = "default";
const leaseNamespace = "kube-node-lease";

/** How long a kubelet's lease is good, by default. A machine is held dead much sooner. */
const leaseSeconds = 40;

const schedulingGroup = "scheduling.k8s.io";
const priorityClasses = "priorityclasses";
const systemNamespace = "kube-system";

/** Older than anything that was ever written. */
const computedRevision = "1";

export class ComputedStore implements ObjectStore {
  readonly #options: ComputedStoreOptions;
  readonly #store: ObjectStore;
  readonly #namespaces: Resource | undefined = findResource("", "namespaces");
  readonly #accounts: Resource | undefined = findResource("", "serviceaccounts");
  readonly #maps: Resource | undefined = findResource("", "configmaps");
  readonly #leases: Resource | undefined = findResource("coordination.k8s.io", "leases");
  readonly #nodes: Resource | undefined = findResource("", "nodes");
  /** Default roles and bindings, by resource and name. */
  readonly #defaults = new Map<string, ReadonlyMap<string, KubeObject>>();
  /** How often each computed object was deleted here: the next one has another uid. */
  readonly #deletions = new Map<string, number>();

  constructor(options: ComputedStoreOptions) {
    this.#options = options;
    this.#store = options.store;
    const uidOf = (name: string): string => options.uidOf(`${rbacGroup}/${name}`);
    const byName = (objects: readonly KubeObject[]): Map<string, KubeObject> =>
      new Map(objects.map((object) => [object.metadata.name, object]));
    this.#defaults.set("clusterroles", byName(defaultRoles(uidOf)));
    this.#defaults.set("clusterrolebindings", byName(defaultBindings(uidOf)));
    this.#defaults.set(priorityClasses, byName(withUids(systemPriorityClasses, options.uidOf)));
  }

  get revision(): Revision {
    return this.#store.revision;
  }

  get resources(): ResourceBook {
    return this.#store.resources;
  }

  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    const stored = this.#store.get(resource, namespace, name);
    if (resource.custom !== undefined) return stored && asVersion(resource, stored);
    if (stored !== undefined) return this.#reconciled(resource, stored);
    return this.#computed(resource, namespace, name);
  }

  list(resource: Resource, namespace?: string): Snapshot {
    const snapshot = this.#store.list(resource, namespace);
    if (resource.custom !== undefined) {
      return { ...snapshot, items: snapshot.items.map((object) => asVersion(resource, object)) };
    }
    const computed = this.#allComputed(resource, namespace);
    if (computed.length === 0) return snapshot;
    const stored = snapshot.items.map((object) => this.#reconciled(resource, object));
    const names = new Set(stored.map(keyOf));
    const missing = computed.filter((object) => !names.has(keyOf(object)));
    return { ...snapshot, items: [...stored, ...missing].toSorted(byKey) };
  }

  changesSince(
    since: Revision,
    resource: Resource,
    namespace?: string,
  ): readonly Change[] | undefined {
    return this.#store
      .changesSince(since, resource, namespace)
      ?.map((change) => this.#seen(change));
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#store.onChange((change) => listener(this.#seen(change)));
  }

  putSpec(resource: Resource, object: KubeObject, options?: SpecOptions): WriteTicket {
    if (resource.custom === undefined) return this.#store.putSpec(resource, object, options);
    const ticket = this.#store.putSpec(resource, asKept(resource, object));
    // Without a subresource for it, the status is written with the rest.
    const isApart =
      resource.hasStatus || canonicalJson(ticket.object.status) === canonicalJson(object.status);
    return isApart ? ticket : this.#store.putStatus(resource, object);
  }

  putStatus(resource: Resource, object: KubeObject): WriteTicket {
    return this.#store.putStatus(resource, object);
  }

  /** An account that is deleted while its namespace lives is another one: its tokens are void. */
  remove(resource: Resource, namespace: string, name: string): WriteTicket | undefined {
    const computed = this.#computed(resource, namespace, name);
    if (computed !== undefined && resource === this.#accounts) {
      const metadata = { ...computed.metadata, uid: this.#options.makeUid() };
      return this.#store.putSpec(resource, { ...computed, metadata });
    }
    const ticket = this.#store.remove(resource, namespace, name);
    if (computed !== undefined && ticket === undefined) {
      const key = uidKey(resource, computed);
      this.#deletions.set(key, (this.#deletions.get(key) ?? 0) + 1);
    }
    return ticket;
  }

  /** A change as those see it to whom the computed object was there before, or is there after. */
  #seen(change: Change): Change {
    const { kind, resource, object } = change;
    const { namespace = "", name } = object.metadata;
    const computed = this.#computed(resource, namespace, name);
    if (computed === undefined) return change;
    const shown = { ...change, object: this.#reconciled(resource, object) };
    if (kind === "modified") return shown;
    if (kind === "added") return { ...shown, kind: "modified", before: computed };
    const metadata = { ...computed.metadata, resourceVersion: change.revision };
    return { ...change, kind: "modified", before: object, object: { ...computed, metadata } };
  }

  #allComputed(resource: Resource, namespace?: string): readonly KubeObject[] {
    if (this.#hasDefaults(resource)) {
      const names = this.#defaults.get(resource.name)?.keys() ?? [];
      return [...names].flatMap((name) => this.#computed(resource, "", name) ?? []);
    }
    if (resource === this.#leases) return this.#allLeases(resource, namespace);
    const isNamed = resource === this.#accounts || resource === this.#maps;
    if (!isNamed || this.#namespaces === undefined) return this.#ofApi(resource, namespace);
    const name = resource === this.#accounts ? defaultAccountName : rootCaName;
    if (namespace !== undefined && namespace !== "") {
      return [this.#computed(resource, namespace, name) ?? []].flat();
    }
    return this.#store
      .list(this.#namespaces)
      .items.flatMap(({ metadata }) => this.#computed(resource, metadata.name, name) ?? []);
  }

  #computed(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    if (this.#hasDefaults(resource)) {
      const object = this.#defaults.get(resource.name)?.get(name);
      return object && this.#withUid(resource, this.#asOldAsTheMesh(object));
    }
    if (resource === this.#accounts && name === defaultAccountName) {
      return this.#inNamespace(resource, namespace, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name },
      });
    }
    if (resource === this.#leases && namespace === leaseNamespace) {
      return this.#leaseOf(resource, name);
    }
    if (resource !== this.#maps) {
      return this.#ofApi(resource, namespace).find(({ metadata }) => metadata.name === name);
    }
    const { rootCa } = this.#options;
    if (name !== rootCaName || rootCa === undefined) return undefined;
    const description =
      "The authority of the API of the machine that was asked; others show their own.";
    return this.#inNamespace(resource, namespace, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, annotations: { "kubernetes.io/description": description } },
      data: { "ca.crt": rootCa },
    });
  }

  #allLeases(resource: Resource, namespace = ""): readonly KubeObject[] {
    const isAsked = namespace === "" || namespace === leaseNamespace;
    if (!isAsked || this.#nodes === undefined) return [];
    const { items } = this.#store.list(this.#nodes);
    return items.flatMap(({ metadata: { name } }) => this.#leaseOf(resource, name) ?? []);
  }

  /** What a kubelet would keep renewing: nobody writes it, the machine's heartbeats are known. */
  #leaseOf(resource: Resource, name: string): KubeObject | undefined {
    const node = this.#nodes && this.#store.get(this.#nodes, "", name);
    if (node === undefined) return undefined;
    const renewTime = this.#options.heardOf(name);
    const { uid = "", creationTimestamp } = node.metadata;
    return this.#withUid(resource, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace: leaseNamespace,
        uid: this.#options.uidOf(`${uid}/Lease/${name}`),
        ...(creationTimestamp !== undefined && { creationTimestamp }),
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid }],
      },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: leaseSeconds,
        ...(renewTime !== undefined && { renewTime }),
      },
    });
  }

  /** The Service of the API and who stands behind it, in the namespace where they are. */
  #ofApi(resource: Resource, namespace = ""): readonly KubeObject[] {
    if (namespace !== "" && namespace !== apiNamespace) return [];
    const { isAlive, uidOf } = this.#options;
    const nodes = (): readonly KubeObject[] =>
      this.#nodes === undefined
        ? []
        : this.#store.list(this.#nodes).items.filter(({ metadata }) => isAlive(metadata.name));
    return apiObjects(resource, nodes).map((object) => {
      const uid = uidOf(`${apiNamespace}/${object.kind}/${object.metadata.name}`);
      const metadata = { ...object.metadata, uid };
      return this.#withUid(resource, this.#asOldAsTheMesh({ ...object, metadata }));
    });
  }

  /** What is there from the first moment on is as old as the namespace that is. */
  #asOldAsTheMesh(object: KubeObject): KubeObject {
    const home = this.#namespaces && this.#store.get(this.#namespaces, "", systemNamespace);
    const creationTimestamp = home?.metadata.creationTimestamp;
    if (creationTimestamp === undefined) return object;
    return { ...object, metadata: { ...object.metadata, creationTimestamp } };
  }

  /** The object in a namespace that is there and stays; its uid is of that namespace alone. */
  #inNamespace(resource: Resource, namespace: string, object: KubeObject): KubeObject | undefined {
    const home = this.#namespaces && this.#store.get(this.#namespaces, "", namespace);
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return undefined;
    const { uid = "", creationTimestamp } = home.metadata;
    const metadata = {
      ...object.metadata,
      namespace,
      uid: this.#options.uidOf(`${uid}/${object.kind}/${object.metadata.name}`),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
    };
    return this.#withUid(resource, { ...object, metadata });
  }

  #hasDefaults({ group, name }: Resource): boolean {
    return group === rbacGroup || (group === schedulingGroup && name === priorityClasses);
  }

  #withUid(resource: Resource, object: KubeObject): KubeObject {
    const deletions = this.#deletions.get(uidKey(resource, object)) ?? 0;
    const { uid = "" } = object.metadata;
    const next = deletions === 0 ? uid : this.#options.uidOf(`${uid}/${deletions}`);
    return {
      ...object,
      metadata: { ...object.metadata, uid: next, resourceVersion: computedRevision },
    };
  }

  /** What is computed in what somebody wrote. The authority is never another's. */
  #reconciled(resource: Resource, stored: KubeObject): KubeObject {
    const { name, namespace = "" } = stored.metadata;
    if (resource === this.#maps && name === rootCaName) {
      const data = this.#computed(resource, namespace, name)?.["data"];
      return data === undefined ? stored : { ...stored, data };
    }
    const computed = this.#ofApi(resource, namespace).find(
      ({ metadata }) => metadata.name === name,
    );
    if (computed !== undefined) return withApiContent(stored, computed);
    return resource.group === rbacGroup ? this.#restored(resource, stored) : stored;
  }

  /**
   * A default role or binding that somebody changed has what is missing of the default again,
   * unless its annotation says "false". What was added stays.
   */
  #restored(resource: Resource, stored: KubeObject): KubeObject {
    const { name, annotations } = stored.metadata;
    const known = this.#defaults.get(resource.name)?.get(name);
    if (known === undefined || annotations?.[autoUpdateMark] !== "true") return stored;
    if (resource.name === "clusterroles") {
      if (fieldAt(known, "aggregationRule") !== undefined) return stored;
      const lacking = beyond(rulesOf(stored), rulesOf(known)) ?? [];
      if (lacking.length === 0) return stored;
      return { ...stored, rules: [...listAt(stored, "rules"), ...lacking.map(compact)] };
    }
    const subjects = listAt(stored, "subjects");
    const texts = new Set(subjects.map((subject) => subjectText(subject)));
    const lacking = listAt(known, "subjects").filter((subject) => !texts.has(subjectText(subject)));
    return lacking.length === 0 ? stored : { ...stored, subjects: [...subjects, ...lacking] };
  }
}

function withUids(
  objects: readonly KubeObject[],
  uidOf: (text: string) => string,
): readonly KubeObject[] {
  return objects.map((object) => {
    const uid = uidOf(`${schedulingGroup}/${object.metadata.name}`);
    return { ...object, metadata: { ...object.metadata, uid, generation: 1 } };
  });
}

function compact(rule: object): object {
  return Object.fromEntries(
    Object.entries(rule).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
}

function subjectText(subject: unknown): string {
  return `${String(fieldAt(subject, "kind"))} ${String(fieldAt(subject, "name"))}`;
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function uidKey({ name, group }: Resource, { metadata }: KubeObject): string {
  return `${name}.${group}/${metadata.namespace ?? ""}/${metadata.name}`;
}

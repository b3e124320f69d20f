/**
 * The store, with the objects that are there without anybody having written them:
 *
 * - the default ClusterRoles and ClusterRoleBindings;
 * - in each namespace the ServiceAccount `default`, with a uid computed of the namespace's;
 * - in each namespace the ConfigMap `kube-root-ca.crt`, with the authority of this machine.
 *
 * A record of the same name takes the place of a computed object; what is deleted is there again
 * at once, under a new uid, as a cluster's own controllers would make it.
 */
import { findResource, type KubeObject, type Resource, type ResourceBook } from "@beemesh/model";
import type { Change, ObjectStore, Revision, Snapshot, WriteTicket } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
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
}

const rootCaName = "kube-root-ca.crt";
const defaultAccountName = "default";

/** Older than anything that was ever written. */
const computedRevision = "1";

export class ComputedStore implements ObjectStore {
  readonly #options: ComputedStoreOptions;
  readonly #store: ObjectStore;
  readonly #namespaces: Resource | undefined = findResource("", "namespaces");
  readonly #accounts: Resource | undefined = findResource("", "serviceaccounts");
  readonly #maps: Resource | undefined = findResource("", "configmaps");
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

  putSpec(resource: Resource, object: KubeObject): WriteTicket {
    if (resource.custom === undefined) return this.#store.putSpec(resource, object);
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
    if (resource.group === rbacGroup) {
      const names = this.#defaults.get(resource.name)?.keys() ?? [];
      return [...names].flatMap((name) => this.#computed(resource, "", name) ?? []);
    }
    const isNamed = resource === this.#accounts || resource === this.#maps;
    if (!isNamed || this.#namespaces === undefined) return [];
    const name = resource === this.#accounts ? defaultAccountName : rootCaName;
    if (namespace !== undefined && namespace !== "") {
      return [this.#computed(resource, namespace, name) ?? []].flat();
    }
    return this.#store
      .list(this.#namespaces)
      .items.flatMap(({ metadata }) => this.#computed(resource, metadata.name, name) ?? []);
  }

  #computed(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    if (resource.group === rbacGroup) {
      const object = this.#defaults.get(resource.name)?.get(name);
      return object && this.#withUid(resource, object);
    }
    if (resource === this.#accounts && name === defaultAccountName) {
      return this.#inNamespace(resource, namespace, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name },
      });
    }
    const { rootCa } = this.#options;
    if (resource !== this.#maps || name !== rootCaName || rootCa === undefined) return undefined;
    const description =
      "The authority of the API of the machine that was asked; others show their own.";
    return this.#inNamespace(resource, namespace, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, annotations: { "kubernetes.io/description": description } },
      data: { "ca.crt": rootCa },
    });
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

  #withUid(resource: Resource, object: KubeObject): KubeObject {
    const deletions = this.#deletions.get(uidKey(resource, object)) ?? 0;
    const { uid = "" } = object.metadata;
    const next = deletions === 0 ? uid : this.#options.uidOf(`${uid}/${deletions}`);
    return {
      ...object,
      metadata: { ...object.metadata, uid: next, resourceVersion: computedRevision },
    };
  }

  /**
   * A default role or binding that somebody changed has what is missing of the default again,
   * unless its annotation says "false". What was added stays.
   */
  #reconciled(resource: Resource, stored: KubeObject): KubeObject {
    const { name, annotations } = stored.metadata;
    const known = resource.group === rbacGroup && this.#defaults.get(resource.name)?.get(name);
    if (!known || annotations?.[autoUpdateMark] !== "true") return stored;
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

/** An ObjectStore in memory: for tests, and the plainest statement of the contract. */
import { joinAccounts, splitAccount } from "@beemesh/apply";
import { isDefinition, type KubeObject, type Resource, ResourceBook } from "@beemesh/model";
import type { Change, ObjectStore, Revision, Snapshot, WriteTicket } from "@beemesh/ports";
import { byKey } from "./past.ts";

type Account = Pick<KubeObject["metadata"], "managedFields">;

interface Stored {
  readonly resource: Resource;
  /** Without status and its field managers. */
  readonly spec: KubeObject;
  readonly revision: bigint;
}

export class MemoryStore implements ObjectStore {
  readonly resources = new ResourceBook();
  readonly #changesMax: number;
  readonly #stored = new Map<string, Stored>();
  readonly #statuses = new Map<string, Pick<KubeObject, "status"> & Account>();
  readonly #listeners = new Set<(change: Change) => void>();
  #changes: Change[] = [];
  #revision = 1000n;
  /** The newest revision that the log no longer tells of. */
  #forgotten = 1000n;

  /** @param changesMax - Changes that the log holds. */
  constructor(changesMax = 1000) {
    this.#changesMax = changesMax;
  }

  get revision(): Revision {
    return String(this.#revision);
  }

  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    const stored = this.#stored.get(keyOf(resource, namespace, name));
    return stored === undefined ? undefined : this.#joined(stored);
  }

  list(resource: Resource, namespace?: string): Snapshot {
    const items = [...this.#stored.values()]
      .filter((stored) => isOf(stored.resource, resource))
      .filter(({ spec }) => namespace === undefined || spec.metadata.namespace === namespace)
      .map((stored) => this.#joined(stored))
      .toSorted(byKey);
    return { items, revision: this.revision };
  }

  changesSince(
    since: Revision,
    resource: Resource,
    namespace?: string,
  ): readonly Change[] | undefined {
    const start = BigInt(since);
    if (start < this.#forgotten || start > this.#revision) return undefined;
    return this.#changes.filter(
      (change) =>
        BigInt(change.revision) > start &&
        isOf(change.resource, resource) &&
        (namespace === undefined || change.object.metadata.namespace === namespace),
    );
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  putSpec(resource: Resource, object: KubeObject): WriteTicket {
    const { status: _, metadata, ...rest } = object;
    const { resourceVersion: __, managedFields, ...kept } = metadata;
    const account = splitAccount(managedFields).ofSpec;
    const spec: KubeObject = { ...rest, metadata: { ...kept, ...accountOf(account) } };
    return this.#put(resource, spec, () => undefined);
  }

  putStatus(resource: Resource, object: KubeObject): WriteTicket {
    const { namespace = "", name, uid = "" } = object.metadata;
    const stored = this.#stored.get(keyOf(resource, namespace, name));
    const keep = (): void => {
      const account = splitAccount(object.metadata.managedFields).ofStatus;
      this.#statuses.set(uid, { status: object.status, ...accountOf(account) });
    };
    if (stored === undefined || stored.spec.metadata.uid !== uid) {
      keep();
      return { id: Number(this.#revision), object };
    }
    return this.#put(resource, stored.spec, keep);
  }

  remove(resource: Resource, namespace: string, name: string): WriteTicket | undefined {
    const key = keyOf(resource, namespace, name);
    const before = this.get(resource, namespace, name);
    if (before === undefined) return undefined;
    this.#stored.delete(key);
    this.#statuses.delete(before.metadata.uid ?? "");
    this.#revision += 1n;
    const resourceVersion = this.revision;
    const object = { ...before, metadata: { ...before.metadata, resourceVersion } };
    this.#tell({ kind: "deleted", resource, object, before, revision: resourceVersion });
    return { id: Number(this.#revision), object };
  }

  #put(resource: Resource, spec: KubeObject, keepStatus: () => void): WriteTicket {
    const { namespace = "", name } = spec.metadata;
    const before = this.get(resource, namespace, name);
    keepStatus();
    this.#revision += 1n;
    const stored = { resource, spec, revision: this.#revision };
    this.#stored.set(keyOf(resource, namespace, name), stored);
    const change = { resource, object: this.#joined(stored), revision: this.revision };
    if (before === undefined) this.#tell({ ...change, kind: "added" });
    else this.#tell({ ...change, kind: "modified", before });
    return { id: Number(this.#revision), object: change.object };
  }

  #joined({ spec, revision }: Stored): KubeObject {
    const kept = this.#statuses.get(spec.metadata.uid ?? "");
    const account = joinAccounts(spec.metadata.managedFields, kept?.managedFields);
    const metadata = {
      ...spec.metadata,
      ...accountOf(account),
      resourceVersion: String(revision),
    };
    return { ...spec, metadata, ...(kept?.status === undefined ? {} : { status: kept.status }) };
  }

  #tell(change: Change): void {
    if (isDefinition(change.resource)) {
      if (change.kind === "deleted") this.resources.forget(change.object.metadata.name);
      else this.resources.learn(change.object);
    }
    this.#changes.push(change);
    const excess = this.#changes.length - this.#changesMax;
    if (excess > 0) {
      const dropped = this.#changes.slice(0, excess);
      this.#changes = this.#changes.slice(excess);
      this.#forgotten = BigInt(dropped.at(-1)?.revision ?? this.#forgotten);
    }
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOf({ name: plural, group }: Resource, namespace: string, name: string): string {
  return `${plural}.${group}/${namespace}/${name}`;
}

function accountOf(managedFields: readonly unknown[]): Account {
  return managedFields.length === 0 ? {} : { managedFields };
}

function isOf(a: Resource, b: Resource): boolean {
  return a.name === b.name && a.group === b.group;
}

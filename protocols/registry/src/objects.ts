import { assert, type Now } from "@beemesh/base";
import { isDefinition, type KubeObject, type Resource, ResourceBook } from "@beemesh/model";
import type {
  Change,
  ObjectStore,
  Revision,
  Snapshot,
  SpecOptions,
  WriteTicket,
} from "@beemesh/ports";
import {
  type CollectionId,
  collectionOf,
  type Entry,
  type EntryPart,
  type PeerId,
} from "@beemesh/wire";
import { Announcer } from "./announcer.ts";
import { Bindings } from "./bindings.ts";
import { accountAfter } from "./edits.ts";
import type { RegistryEffect, RegistryEvent } from "./event.ts";
import { History } from "./history.ts";
import {
  type ReadStatus,
  readObject,
  readStatus,
  specBodyOf,
  statusBodyOf,
  withRevision,
  withStatus,
} from "./object-reader.ts";
import { bodyFits, checkSize } from "./object-size.ts";
import type { Registry } from "./registry.ts";
import { resourceIn } from "./resource-in.ts";
import { RevisionClock, readRevision } from "./revision.ts";
import { type Row, Table } from "./table.ts";

/** A version of a part that is to be written, and how. */
interface Version {
  readonly part: EntryPart;
  readonly body: string;
  readonly isAmendment?: boolean;
  readonly isPresumed?: boolean;
}

export interface ObjectsOptions {
  readonly self: PeerId;
  readonly registry: Registry;
  /** The resources that there are; shared with those who must know them, too. */
  readonly resources?: ResourceBook;
  /** The present, until the first step or {@link Objects.advance}. */
  readonly now: Now;
  /** What the disk holds under {@link revisionNote}. */
  readonly ceiling?: Revision | undefined;
}

/** The name of the note that keeps revisions from going back: `Disk.get` it at the start. */
export const revisionNote = "registry.revision";

/**
 * The registry as whole Kubernetes objects: specification and status joined, in one totally
 * ordered log of changes that this machine has seen.
 *
 * The machine plane drives it: every event for the registry goes through {@link step}, every
 * other step begins with {@link advance}, and after either {@link takeEffects} gives what is to
 * be done, writes by the API and the controllers included.
 */
export class Objects implements ObjectStore {
  readonly resources: ResourceBook;
  readonly #registry: Registry;
  readonly #revisions: RevisionClock;
  readonly #history = new History();
  readonly #tables = new Map<CollectionId, Table>();
  /** By `<group>/<plural>`. */
  readonly #tablesOf = new Map<string, Table[]>();
  readonly #bindings = new Bindings();
  readonly #announcer = new Announcer();
  /** The revision of each resource of which something is held no longer, though not deleted. */
  readonly #floors = new Map<string, bigint>();
  #now: Now;
  #tickets = 0;
  #effects: RegistryEffect[] = [];

  constructor({ self, registry, now, ceiling, resources }: ObjectsOptions) {
    this.resources = resources ?? new ResourceBook();
    this.#registry = registry;
    this.#revisions = new RevisionClock({ self, ceiling });
    this.#now = now;
    this.#revisions.next(now);
    this.#history.reset(this.#revisions.last);
  }

  get revision(): Revision {
    return String(this.#revisions.last);
  }

  /** Sets the present for what is written until the next step. */
  advance(now: Now): void {
    this.#now = now;
  }

  /** Passes an event to the registry and takes in what it changed. */
  step(event: RegistryEvent, now: Now): void {
    this.advance(now);
    this.#take(this.#registry.step(event, now));
    if (event.kind === "load") this.#history.reset(this.#revisions.last);
  }

  /** What must be done since it was last asked, in order. */
  takeEffects(): readonly RegistryEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    const ceiling = this.#revisions.takeCeiling();
    if (ceiling === undefined) return effects;
    return [{ kind: "note", name: revisionNote, value: ceiling }, ...effects];
  }

  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.#tables.get(collectionOfResource(resource, namespace))?.get(name)?.object;
  }

  list(resource: Resource, namespace?: string): Snapshot {
    const { revision } = this;
    if (namespace !== undefined && namespace !== "") {
      const table = this.#tables.get(collectionOfResource(resource, namespace));
      return { items: table?.objects() ?? [], revision };
    }
    const tables = this.#tablesOf.get(keyOf(resource)) ?? [];
    if (tables.length === 1) return { items: tables[0]?.objects() ?? [], revision };
    return { items: tables.flatMap((table) => table.objects()), revision };
  }

  /** The pods that are bound to a machine, in no order. */
  podsOn(machine: string): readonly KubeObject[] {
    return this.#bindings.on(machine);
  }

  changesSince(
    since: Revision,
    resource: Resource,
    namespace?: string,
  ): readonly Change[] | undefined {
    const revision = readRevision(since);
    if (revision === undefined || !this.#revisions.isOurs(revision)) return undefined;
    if (revision > this.#revisions.last) return undefined;
    const { group, name } = resource;
    if (revision < (this.#floors.get(keyOf(resource)) ?? 0n)) return undefined;
    return this.#history
      .since(revision)
      ?.filter((change) => change.resource.name === name && change.resource.group === group)
      .filter(({ object }) => !namespace || (object.metadata.namespace ?? "") === namespace);
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#announcer.listen(listener);
  }

  putSpec(
    resource: Resource,
    object: KubeObject,
    { isPresumed = false }: SpecOptions = {},
  ): WriteTicket {
    const body = this.#specBody(resource, object);
    return this.#put(resource, object, { part: "spec", body, ...(isPresumed && { isPresumed }) });
  }

  /**
   * Writes the specification as {@link putSpec} does, but gives way to whatever anybody else has
   * written since the version held here: for bookkeeping in what users own.
   */
  amendSpec(resource: Resource, object: KubeObject): WriteTicket {
    const body = this.#specBody(resource, object);
    return this.#put(resource, object, { part: "spec", body, isAmendment: true });
  }

  /** The body of a new version, with the account of what it and the ones before have changed. */
  #specBody(resource: Resource, object: KubeObject): string {
    const { name, namespace = "", uid } = object.metadata;
    const row = this.#tables.get(collectionOfResource(resource, namespace))?.get(name);
    if (row === undefined || row.uid !== uid) return specBodyOf(object);
    const body = specBodyOf(object, accountAfter(resource, row, object));
    // An object that has room for itself alone counts as written whole.
    return bodyFits(body) ? body : specBodyOf(object);
  }

  putStatus(resource: Resource, object: KubeObject): WriteTicket {
    const { uid } = object.metadata;
    assert(uid !== undefined && uid !== "", "an object with a status has a uid");
    return this.#put(resource, object, { part: `status:${uid}`, body: statusBodyOf(object) });
  }

  remove(resource: Resource, namespace: string, name: string): WriteTicket | undefined {
    const object = this.get(resource, namespace, name);
    if (object === undefined) return undefined;
    const collection = collectionOfResource(resource, namespace);
    return this.#write({ collection, name, part: "spec", body: "" }, object);
  }

  #put(resource: Resource, object: KubeObject, version: Version): WriteTicket {
    const { name, namespace = "" } = object.metadata;
    const collection = collectionOfResource(resource, namespace);
    checkSize(version.body, name);
    const ticket = this.#write({ collection, name, ...version }, object);
    return { ...ticket, object: this.get(resource, namespace, name) ?? object };
  }

  #write(entry: Pick<Entry, "collection" | "name"> & Version, object: KubeObject): WriteTicket {
    this.#tickets += 1;
    const ticket = this.#tickets;
    this.#take(this.#registry.step({ kind: "write", ...entry, ticket }, this.#now));
    return { id: ticket, object };
  }

  #take(effects: readonly RegistryEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "changed") this.#apply(effect.entry);
      if (effect.kind === "forgotten") this.#forget(effect.entries);
      this.#effects.push(effect);
    }
  }

  #apply(entry: Entry): void {
    // A listener may have written this anew before its turn came: then that has been applied.
    if (this.#registry.get(entry.collection, entry.name, entry.part) !== entry) return;
    const table = this.#tableOf(entry.collection);
    if (table === undefined) return;
    if (entry.part !== "spec") this.#applyStatus(table, entry);
    else if (entry.body === "") this.#applyDeletion(table, entry.name);
    else this.#applySpec(table, entry);
  }

  #applySpec(table: Table, entry: Entry): void {
    const base = readObject(entry, table);
    if (base === undefined) {
      // What it replaces is no longer what the mesh holds.
      this.#applyDeletion(table, entry.name);
      const { collection, name, author } = entry;
      const facts = { collection, name, author };
      this.#effects.push({ kind: "observe", event: "object.malformed", facts });
      return;
    }
    const row = table.get(entry.name);
    const uid = base.metadata.uid ?? "";
    if (row !== undefined && row.uid !== uid) this.#applyDeletion(table, entry.name);
    const status = this.#statusOf(entry, uid);
    this.#setRow(table, entry.name, { spec: entry, base, uid, object: base }, status);
  }

  #applyStatus(table: Table, entry: Entry): void {
    const row = table.get(entry.name);
    if (row === undefined || entry.part !== `status:${row.uid}`) return;
    const status = readStatus(entry);
    this.#setRow(table, entry.name, row, status);
  }

  #applyDeletion(table: Table, name: string): void {
    const row = table.get(name);
    if (row === undefined) return;
    table.delete(name);
    this.#bindings.change(row.object, undefined);
    this.#record("deleted", table, withRevision(row.object, this.#nextRevision()), row.object);
  }

  #setRow(table: Table, name: string, row: Row, status: ReadStatus | undefined): void {
    const before = table.get(name)?.object;
    const whole = status === undefined ? row.base : withStatus(row.base, status);
    const object = withRevision(whole, this.#nextRevision());
    table.set(name, { ...row, object });
    this.#bindings.change(before, object);
    this.#record(before === undefined ? "added" : "modified", table, object, before);
  }

  #record(kind: Change["kind"], table: Table, object: KubeObject, before?: KubeObject): void {
    const revision = object.metadata.resourceVersion ?? "";
    const { resource } = table;
    const change: Change =
      before === undefined
        ? { kind, resource, object, revision }
        : { kind, resource, object, before, revision };
    // Who is told of a definition finds what it defines.
    const others = isDefinition(resource) ? this.#define(change) : [];
    this.#history.add(this.#revisions.last, change, this.#now.at);
    this.#announcer.tell(change);
    for (const entry of others) this.#apply(entry);
  }

  /** Takes in a definition that has changed. Gives the entries that can be read now. */
  #define({ kind, object }: Pick<Change, "kind" | "object">): readonly Entry[] {
    const changed =
      kind === "deleted"
        ? this.resources.forget(object.metadata.name)
        : this.resources.learn(object);
    return changed.flatMap((key) => this.#reshape(key));
  }

  #reshape(key: string): readonly Entry[] {
    const [group = "", name = ""] = key.split("/");
    const resource = this.resources.find(group, name);
    const tables = this.#tablesOf.get(key) ?? [];
    const isKept = tables.every(({ namespace }) => (namespace !== "") === resource?.namespaced);
    if (resource !== undefined && tables.length > 0 && isKept) {
      for (const table of tables) table.resource = resource;
    } else {
      for (const table of tables) this.#tables.delete(table.collection);
      this.#tablesOf.delete(key);
    }
    if (resource === undefined) return [];
    const prefix = `${name}.${group}/`;
    return this.#registry
      .collections()
      .filter((collection) => collection.startsWith(prefix) && !this.#tables.has(collection))
      .flatMap((collection) => this.#registry.list(collection))
      .filter(({ part }) => part === "spec");
  }

  /** Forgets objects that are no longer held here, without a change: nobody deleted them. */
  #forget(entries: readonly Entry[]): void {
    const lost = new Set<Resource>();
    for (const { collection, name, part } of entries) {
      const table = this.#tables.get(collection);
      const row = part === "spec" ? table?.get(name) : undefined;
      if (table === undefined || row === undefined) continue;
      lost.add(table.resource);
      this.#bindings.change(row.object, undefined);
      table.delete(name);
      if (isDefinition(table.resource)) this.#define({ kind: "deleted", object: row.object });
    }
    if (lost.size === 0) return;
    // A watch of these that was away cannot go on: it would miss what happens from now on.
    const revision = this.#revisions.next(this.#now);
    for (const resource of lost) this.#floors.set(keyOf(resource), revision);
  }

  #nextRevision(): Revision {
    return String(this.#revisions.next(this.#now));
  }

  #statusOf({ collection, name }: Entry, uid: string): ReadStatus | undefined {
    const entry = this.#registry.get(collection, name, `status:${uid}`);
    return entry === undefined ? undefined : readStatus(entry);
  }

  #tableOf(collection: CollectionId): Table | undefined {
    const known = this.#tables.get(collection);
    if (known !== undefined) return known;
    const { group, name, place } = resourceIn(collection);
    const resource = this.resources.find(group, name);
    if (resource === undefined) this.resources.miss(group, name);
    if (resource === undefined || resource.namespaced === (place === "-")) return undefined;
    const table = new Table(collection, resource, resource.namespaced ? place : "");
    this.#tables.set(collection, table);
    const tables = [...(this.#tablesOf.get(keyOf(resource)) ?? []), table];
    this.#tablesOf.set(
      keyOf(resource),
      tables.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1)),
    );
    return table;
  }
}

function collectionOfResource(resource: Resource, namespace: string): CollectionId {
  return collectionOf(resource.name, resource.group, resource.namespaced ? namespace : "");
}

/** All versions of a custom resource have one. */
function keyOf({ group, name }: Resource): string {
  return `${group}/${name}`;
}

import {
  type CollectionId,
  type Entry,
  type EntryPart,
  entryKey,
  type PeerId,
  type RecordName,
} from "@beemesh/wire";
import { type Held, isNewer } from "./held.ts";
import { FingerprintTree } from "./tree.ts";

/** The entries of one name: its specification, and a status for each uid it ever had. */
export interface Sheet {
  spec: Held | undefined;
  statuses: Held[];
}

/**
 * The newest entry of every key of one collection, found by name and by range.
 *
 * Beside the tree of all entries there is one for each machine that some of them concern, such
 * as the pods bound to it: that machine compares this part alone, whatever the collection's size.
 * A status concerns whom its specification concerns: the machine that writes it.
 */
export class Shelf {
  readonly collection: CollectionId;
  readonly tree = new FingerprintTree();
  readonly #sheets = new Map<string, Sheet>();
  readonly #concerns = new Map<PeerId, FingerprintTree>();
  #shape = 0;

  constructor(collection: CollectionId) {
    this.collection = collection;
  }

  /** The machines that some entry concerns. */
  get concerned(): Iterable<PeerId> {
    return this.#concerns.keys();
  }

  /** Changes whenever a machine that something concerns comes or goes. */
  get shape(): number {
    return this.#shape;
  }

  get sheets(): ReadonlyMap<string, Readonly<Sheet>> {
    return this.#sheets;
  }

  get(name: string, part: EntryPart): Held | undefined {
    const sheet = this.#sheets.get(name);
    if (part === "spec") return sheet?.spec;
    return sheet?.statuses.find(({ entry }) => entry.part === part);
  }

  /** The entries that concern a machine; undefined if none does. */
  concerning(peer: PeerId): FingerprintTree | undefined {
    return this.#concerns.get(peer);
  }

  /** Keeps a newer version of its key. Returns the one it replaces. */
  put(held: Held): Held | undefined {
    const { name, part } = held.entry;
    const sheet = this.#sheets.get(name) ?? { spec: undefined, statuses: [] };
    this.#sheets.set(name, sheet);
    const before = this.get(name, part);
    // What comes is linked before what goes is not: a machine that both concern stays concerned.
    for (const peer of (part === "spec" ? held : sheet.spec)?.concerns ?? []) {
      const isNews = part === "spec" && !before?.concerns.includes(peer);
      for (const each of isNews ? [held, ...sheet.statuses] : [held]) {
        this.#concernOf(peer).add(each);
      }
    }
    if (before !== undefined) this.#unlink(before, sheet, held);
    if (part === "spec") sheet.spec = held;
    else sheet.statuses = [...sheet.statuses.filter((status) => status !== before), held];
    this.tree.add(held);
    return before;
  }

  /** Forgets an entry; nothing if it was replaced meanwhile. */
  remove(held: Held): boolean {
    const { name, part } = held.entry;
    if (this.get(name, part) !== held) return false;
    const sheet = this.#sheets.get(name);
    if (sheet === undefined) return false;
    this.#unlink(held, sheet);
    if (sheet.spec === held) sheet.spec = undefined;
    else sheet.statuses = sheet.statuses.filter((status) => status !== held);
    if (sheet.spec === undefined && sheet.statuses.length === 0) this.#sheets.delete(name);
    return true;
  }

  /** Counts a specification among what concerns a machine that it does not name itself. */
  concern(spec: Held, peer: PeerId): void {
    this.#concernOf(peer).add(spec);
  }

  /** Takes back {@link concern}. */
  release(spec: Held, peer: PeerId): void {
    this.#part(peer, [spec]);
  }

  #concernOf(peer: PeerId): FingerprintTree {
    const known = this.#concerns.get(peer);
    if (known !== undefined) return known;
    const tree = new FingerprintTree();
    this.#concerns.set(peer, tree);
    this.#shape += 1;
    return tree;
  }

  /** Takes an entry out of all trees, and the statuses of a specification from who it concerned. */
  #unlink(held: Held, { spec, statuses }: Readonly<Sheet>, next?: Held): void {
    this.tree.remove(held);
    if (spec !== held) {
      for (const peer of spec?.concerns ?? []) this.#part(peer, [held]);
      return;
    }
    for (const peer of held.concerns) {
      const isStill = next?.concerns.includes(peer) ?? false;
      this.#part(peer, isStill ? [held] : [held, ...statuses]);
    }
  }

  #part(peer: PeerId, helds: readonly Held[]): void {
    const tree = this.#concerns.get(peer);
    for (const held of helds) tree?.remove(held);
    if (tree?.count !== 0) return;
    this.#concerns.delete(peer);
    this.#shape += 1;
  }
}

/** All shelves of one machine. */
export class Library {
  readonly #shelves = new Map<CollectionId, Shelf>();
  /** For each key of a parent, how many of its children concern which machines. */
  readonly #heirs = new Map<string, Map<PeerId, number>>();
  #shape = 0;

  /** Changes whenever a collection, or a machine that something concerns, comes or goes. */
  get shape(): number {
    return this.#shape;
  }

  get shelves(): Iterable<Shelf> {
    return this.#shelves.values();
  }

  get collections(): Iterable<CollectionId> {
    return this.#shelves.keys();
  }

  shelf(collection: CollectionId): Shelf | undefined {
    return this.#shelves.get(collection);
  }

  get(entry: Pick<Entry, "collection" | "name" | "part">): Held | undefined {
    return this.#shelves.get(entry.collection)?.get(entry.name, entry.part);
  }

  /** Whether an entry is new here: newer than what is held under its key, if anything is. */
  wants(entry: Entry): boolean {
    const held = this.get(entry);
    return held === undefined || isNewer(entry, held.entry);
  }

  put(held: Held): Held | undefined {
    const { collection } = held.entry;
    const shelf = this.#shelves.get(collection) ?? new Shelf(collection);
    this.#shelves.set(collection, shelf);
    const before = this.#watchShape(shelf, () => shelf.put(held));
    if (held.entry.part === "spec") this.#inherit(shelf, held, before);
    return before;
  }

  remove(held: Held): boolean {
    const shelf = this.#shelves.get(held.entry.collection);
    if (shelf === undefined) return false;
    const removed = this.#watchShape(shelf, () => shelf.remove(held));
    if (removed && held.entry.part === "spec") this.#inherit(shelf, undefined, held);
    if (shelf.tree.count === 0) this.#shelves.delete(shelf.collection);
    return removed;
  }

  /** Machines that an entry concerns because something derived from it does. */
  heirsOf({ entry, key }: Held): readonly PeerId[] {
    return entry.part === "spec" ? [...(this.#heirs.get(key)?.keys() ?? [])] : [];
  }

  /** All machines that a specification concerns. */
  concernedBy(spec: Held): readonly PeerId[] {
    return [...spec.concerns, ...this.heirsOf(spec)];
  }

  /** Whether an entry concerns a machine; a status does if its specification names the machine. */
  isConcerned(peer: PeerId, held: Held): boolean {
    const { entry, key } = held;
    const spec = entry.part === "spec" ? held : this.get({ ...entry, part: "spec" });
    if (spec?.concerns.includes(peer) === true) return true;
    return entry.part === "spec" && this.#heirs.get(key)?.has(peer) === true;
  }

  /** What concerns a machine counts for all that it is derived from; so what did not any more. */
  #inherit(shelf: Shelf, next: Held | undefined, before: Held | undefined): void {
    const spec = next ?? before;
    const heirs = spec === undefined ? [] : this.heirsOf(spec);
    for (const peer of heirs) {
      this.#watchShape(shelf, () => {
        if (next !== undefined && !next.concerns.includes(peer)) shelf.concern(next, peer);
        if (before !== undefined && !before.concerns.includes(peer)) shelf.release(before, peer);
      });
    }
    for (const [held, by] of [
      [next, 1],
      [before, -1],
    ] as const) {
      if (held === undefined) continue;
      const peers = new Set([...held.concerns, ...heirs]);
      for (const parent of held.parents) for (const peer of peers) this.#count(parent, peer, by);
    }
  }

  #count(parent: RecordName, peer: PeerId, by: 1 | -1): void {
    const key = entryKey({ ...parent, part: "spec" });
    const counts = this.#heirs.get(key) ?? new Map<PeerId, number>();
    const count = (counts.get(peer) ?? 0) + by;
    if (count > 0) counts.set(peer, count);
    else counts.delete(peer);
    if (counts.size > 0) this.#heirs.set(key, counts);
    else this.#heirs.delete(key);
    const spec = this.get({ ...parent, part: "spec" });
    const shelf = this.#shelves.get(parent.collection);
    // Only the first heir and the last one are news to the parent, and to its own parents.
    const isNews = by === 1 ? count === 1 : count === 0;
    if (!isNews || shelf === undefined || !spec || spec.concerns.includes(peer)) return;
    this.#watchShape(shelf, () =>
      by === 1 ? shelf.concern(spec, peer) : shelf.release(spec, peer),
    );
    for (const above of spec.parents) this.#count(above, peer, by);
  }

  #watchShape<Result>(shelf: Shelf, change: () => Result): Result {
    const wasEmpty = shelf.tree.count === 0;
    const { shape } = shelf;
    const result = change();
    const isEmpty = shelf.tree.count === 0;
    if (wasEmpty !== isEmpty || shape !== shelf.shape) this.#shape += 1;
    return result;
  }
}

import type { Now } from "@beemesh/base";
import type { Verifier } from "@beemesh/ports";
import type { Coverage } from "@beemesh/registry";
import type { CollectionId, Entry, EntryPart, PeerId, Stamp } from "@beemesh/wire";

/** What {@link Deciders} needs of the registry. */
export interface Ledgers {
  collections(): readonly CollectionId[];
  rankOf(collection: CollectionId): number | undefined;
  keepersOf(collection: CollectionId): readonly PeerId[];
  coverageOf(collection: CollectionId): Coverage;
  get(collection: CollectionId, name: string, part: EntryPart): Entry | undefined;
  partsOf(collection: CollectionId, name: string): readonly Entry[];
  takeOver(aheadMs: number, now: Now): void;
}

export interface DecidersOptions {
  readonly registry: Ledgers;
  readonly verifier: Pick<Verifier, "mayAuthor">;
  /** Whether this machine may act for others yet: it had time to hear of them. */
  readonly mayAct: () => boolean;
}

/** Who decides the writes to a collection, and by which versions of its records. */
export class Deciders {
  readonly #options: DecidersOptions;

  constructor(options: DecidersOptions) {
    this.#options = options;
  }

  /**
   * The live machines that decide a collection, the first of them first: its keepers, but for
   * those whose records of the namespace nobody would believe.
   */
  orderOf(collection: CollectionId): readonly PeerId[] {
    return this.#options.registry
      .keepersOf(collection)
      .filter((peer) => this.mayWrite(peer, collection));
  }

  /** Where this machine stands among the keepers of each collection that it keeps, from 0. */
  keeperRanks(): readonly number[] {
    const { registry } = this.#options;
    return registry.collections().flatMap((name) => registry.rankOf(name) ?? []);
  }

  /** Whether a machine may write to a collection, by its certificate. */
  mayWrite(peer: PeerId, collection: CollectionId): boolean {
    const namespace = collection.slice(collection.lastIndexOf("/") + 1);
    return this.#options.verifier.mayAuthor(peer, namespace);
  }

  /** Whether this machine decides anything yet: it had time to hear of the others. */
  get mayAct(): boolean {
    return this.#options.mayAct();
  }

  /** Whether all of a collection is here, as far as its keepers know. */
  isKept(collection: CollectionId): boolean {
    return this.#options.registry.coverageOf(collection) === "kept";
  }

  /** Whether all of a collection is here, or follows its keepers closely. */
  isKnown(collection: CollectionId): boolean {
    return this.#options.registry.coverageOf(collection) !== "partly";
  }

  /** This machine decides what another did before: it stamps so far ahead, to be newer. */
  takeOver(aheadMs: number, now: Now): void {
    this.#options.registry.takeOver(aheadMs, now);
  }

  /** The signed parts of an object, a deletion included. */
  partsOf(collection: CollectionId, name: string): readonly Entry[] {
    return this.#options.registry.partsOf(collection, name);
  }

  /** The version of one part of a record; undefined if nothing of it is held. */
  stampOf(collection: CollectionId, name: string, part: string): Stamp | undefined {
    return isPart(part) ? this.#options.registry.get(collection, name, part)?.stamp : undefined;
  }
}

function isPart(text: string): text is EntryPart {
  return text === "spec" || text.startsWith("status:");
}

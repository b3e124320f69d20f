import { hashOf } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { readScope, type Scope, scopeOf } from "./message.ts";
import type { Placement } from "./placement.ts";
import type { Library } from "./shelf.ts";
import {
  type Fingerprint,
  type FingerprintTree,
  isIn,
  nothing,
  type Range,
  union,
  wholeRange,
} from "./tree.ts";

export interface SharingOptions {
  readonly self: PeerId;
  readonly library: Library;
  readonly placement: Placement;
  readonly isFollowed: (collection: CollectionId) => boolean;
}

/** What two machines both answer for, with this machine's entries of it. */
export interface SharedScope {
  readonly scope: Scope;
  readonly tree: FingerprintTree;
}

/** Knows what this machine shares with others: the collections that both keep, and its pods. */
export class Sharing {
  readonly #options: SharingOptions;

  constructor(options: SharingOptions) {
    this.#options = options;
  }

  /** The machines with which something is shared. */
  partners(): ReadonlySet<PeerId> {
    const { library, placement, self } = this.#options;
    const partners = new Set<PeerId>();
    for (const shelf of library.shelves) {
      const isKept = placement.isKept(shelf.collection);
      if (!isKept && shelf.concerning(self) === undefined) continue;
      for (const keeper of placement.keepersOf(shelf.collection)) partners.add(keeper);
      if (!isKept) continue;
      for (const peer of shelf.concerned) if (placement.alive.has(peer)) partners.add(peer);
    }
    partners.delete(self);
    return partners;
  }

  /** The scopes that this machine and a peer both answer for, as far as this one knows. */
  with(peer: PeerId): readonly SharedScope[] {
    const { library, placement, self } = this.#options;
    const shared: SharedScope[] = [];
    for (const shelf of library.shelves) {
      const isKept = placement.isKept(shelf.collection);
      const isTheirs = placement.keepersOf(shelf.collection).includes(peer);
      if (!isKept && !isTheirs) continue;
      const other = isKept ? peer : self;
      const concerned = isKept && isTheirs ? undefined : other;
      const tree = concerned === undefined ? shelf.tree : shelf.concerning(concerned);
      if (tree !== undefined) shared.push({ scope: scopeOf(shelf.collection, concerned), tree });
    }
    return shared;
  }

  /** Whether this machine answers a peer's questions about a scope. */
  takesPart(peer: PeerId, scope: Scope): boolean {
    const { placement, self, isFollowed } = this.#options;
    const { collection, peer: concerned } = readScope(scope);
    if (concerned === self) return true;
    if (concerned !== undefined) return concerned === peer && placement.isKept(collection);
    return placement.isKept(collection) || isFollowed(collection);
  }

  /** This machine's entries of a scope; undefined if there are none. */
  treeOf(scope: Scope): FingerprintTree | undefined {
    const { collection, peer } = readScope(scope);
    const shelf = this.#options.library.shelf(collection);
    return peer === undefined ? shelf?.tree : shelf?.concerning(peer);
  }

  /** The fingerprint of this machine's entries of a scope. */
  fingerprintOf(scope: Scope): Fingerprint {
    return this.treeOf(scope)?.fingerprint(wholeRange) ?? nothing;
  }
}

/** Those scopes whose names hash into a range. */
export function within(shared: readonly SharedScope[], range: Range): readonly SharedScope[] {
  return range === wholeRange ? shared : shared.filter(({ scope }) => isIn(hashOf(scope), range));
}

/** The fingerprint of several scopes together. */
export function sumOf(shared: readonly SharedScope[]): Fingerprint {
  return shared.map(({ tree }) => tree.fingerprint(wholeRange)).reduce(union, nothing);
}

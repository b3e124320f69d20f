import { elapsedMs, hashOf, type Instant } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { matchMsMax, ordersMax } from "./limits.ts";

interface Candidate {
  readonly id: PeerId;
  readonly weight: number;
}

interface Order {
  readonly first: readonly Candidate[];
  readonly ids: readonly PeerId[];
  /** Where this machine stands among them; -1 if it is none. */
  readonly rank: number;
}

/**
 * Which machines keep which collection: the first few live ones in rendezvous order, the same on
 * every machine that knows the same members.
 *
 * The order of every collection asked for is remembered and kept up to date: a machine that comes
 * or goes is weighed against the few that are first, not against all.
 */
export class Placement {
  readonly #self: PeerId;
  readonly #keepersMax: number;
  #alive: ReadonlySet<PeerId>;
  readonly #orders = new Map<CollectionId, Order>();
  readonly #gained = new Set<CollectionId>();
  /** Machines that have left lately, and when. */
  readonly #departed = new Map<PeerId, Instant>();

  constructor(self: PeerId, keepersMax: number) {
    this.#self = self;
    this.#keepersMax = keepersMax;
    this.#alive = new Set([self]);
  }

  get alive(): ReadonlySet<PeerId> {
    return this.#alive;
  }

  /** The live machines that keep a collection, the one that acts first of all first. */
  keepersOf(collection: CollectionId): readonly PeerId[] {
    return this.#order(collection).ids;
  }

  /** Where this machine stands among the keepers, from 0; undefined if it is none. */
  rankOf(collection: CollectionId): number | undefined {
    const { rank } = this.#order(collection);
    return rank < 0 ? undefined : rank;
  }

  isKept(collection: CollectionId): boolean {
    return this.#order(collection).rank >= 0;
  }

  /**
   * Whether a keeper was one before anybody left lately, as far as can be told here. If all that
   * kept a collection are gone at once, those who keep it now know nothing of it yet, and that
   * they agree with each other proves nothing.
   */
  isVersed(collection: CollectionId, keeper: PeerId, at: Instant): boolean {
    const { first } = this.#order(collection);
    const rank = first.findIndex(({ id }) => id === keeper);
    const weight = first[rank]?.weight;
    if (weight === undefined) return false;
    const lately = [...this.#departed].filter(([, since]) => elapsedMs(since, at) < matchMsMax);
    const departed = weigh(
      collection,
      lately.map(([id]) => id),
    );
    const before = departed.filter((candidate) => candidate.weight > weight).length;
    return rank + before < this.#keepersMax;
  }

  /** How many keepers must hold a write for it to count as held widely: a majority. */
  wantedOf(collection: CollectionId): number {
    return Math.floor(this.#order(collection).ids.length / 2) + 1;
  }

  /** Takes the live members. Returns the collections, of those asked for, whose keepers change. */
  setAlive(alive: Iterable<PeerId>, at: Instant): CollectionId[] {
    const before = this.#alive;
    const next = new Set(alive).add(this.#self);
    const added: PeerId[] = [];
    for (const id of next) if (!before.has(id)) added.push(id);
    // Whoever was there and has not been replaced by somebody new has left.
    const hasLeft = next.size < before.size + added.length;
    if (hasLeft || this.#departed.size > 0) {
      this.#noteDeparted(hasLeft ? before.difference(next) : none, next, at);
    }
    this.#alive = next;
    return hasLeft || added.length > 0 ? this.#reorder(added) : [];
  }

  /** Who keeps what, now that some have come and some have left. */
  #reorder(added: readonly PeerId[]): CollectionId[] {
    const next = this.#alive;
    const changed: CollectionId[] = [];
    for (const [collection, order] of this.#orders) {
      const rest = order.first.filter(({ id }) => next.has(id));
      const updated =
        rest.length < order.ids.length
          ? this.#choose(collection, next)
          : this.#first([...rest, ...weigh(collection, added)]);
      if (isSame(updated.ids, order.ids)) continue;
      if (order.rank < 0 && updated.rank >= 0) this.#gained.add(collection);
      this.#orders.set(collection, updated);
      changed.push(collection);
    }
    return changed;
  }

  /**
   * What this machine keeps since it was last asked, and others kept before, or may have: it does
   * not yet know what there is.
   */
  takeGained(): readonly CollectionId[] {
    const gained = [...this.#gained];
    this.#gained.clear();
    return gained;
  }

  /** Whether a collection is one that {@link takeGained} will tell of. */
  isGained(collection: CollectionId): boolean {
    return this.#gained.has(collection);
  }

  /** Forgets the keepers of what is not used: anybody may ask for any name. */
  retain(isUsed: (collection: CollectionId) => boolean): void {
    for (const collection of this.#orders.keys()) {
      if (!isUsed(collection)) this.#orders.delete(collection);
    }
  }

  #order(collection: CollectionId): Order {
    const known = this.#orders.get(collection);
    if (known !== undefined) return known;
    const order = this.#choose(collection, this.#alive);
    if (order.rank >= 0 && order.ids.length > 1) this.#gained.add(collection);
    if (this.#orders.size < ordersMax) this.#orders.set(collection, order);
    return order;
  }

  #noteDeparted(left: ReadonlySet<PeerId>, alive: ReadonlySet<PeerId>, at: Instant): void {
    for (const id of left) this.#departed.set(id, at);
    for (const [id, since] of this.#departed) {
      if (alive.has(id) || elapsedMs(since, at) >= matchMsMax) this.#departed.delete(id);
    }
  }

  #choose(collection: CollectionId, from: Iterable<PeerId>): Order {
    return this.#first(weigh(collection, from));
  }

  #first(candidates: readonly Candidate[]): Order {
    const first = candidates
      .toSorted((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
      .slice(0, this.#keepersMax);
    const ids = first.map(({ id }) => id);
    return { first, ids, rank: ids.indexOf(this.#self) };
  }
}

const none: ReadonlySet<PeerId> = new Set();

function isSame(a: readonly PeerId[], b: readonly PeerId[]): boolean {
  return a.length === b.length && a.every((id, rank) => id === b[rank]);
}

/** The weights that `rendezvous` of core/base sorts by. */
function weigh(collection: CollectionId, candidates: Iterable<PeerId>): Candidate[] {
  const seed = hashOf(collection) >>> 0;
  return [...candidates].map((id) => ({ id, weight: hashOf(id, seed) }));
}

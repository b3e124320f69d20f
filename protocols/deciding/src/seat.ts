import { after, elapsedMs, type Instant, rendezvous } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { deferenceMs, deferencesMax, youthMs } from "./limits.ts";

/** That a collection is left to another machine for now. */
export interface Deference {
  readonly to: PeerId;
  readonly until: Instant;
  /** Grows from one to the next. */
  readonly count: number;
}

/**
 * Who sits where: since when a machine may have decided what another decided before, and which
 * collections it leaves to others for now.
 *
 * After machines came or went two of them may each hold itself for the decider. So for a while
 * whoever decides asks the other keepers first what they hold of the record, and they leave the
 * collection to it. Of two who ask each other the one that rendezvous hashing prefers stays.
 */
export class Seat {
  readonly #self: PeerId;
  readonly #deferences = new Map<CollectionId, Deference>();
  #changedAt: Instant;
  #count = 0;

  constructor(self: PeerId, now: Instant) {
    this.#self = self;
    this.#changedAt = now;
  }

  /** Machines came or went: nothing is left to those who are gone. */
  changed(isGone: (peer: PeerId) => boolean, now: Instant): void {
    this.#changedAt = now;
    for (const [collection, { to }] of this.#deferences) {
      if (isGone(to)) this.#deferences.delete(collection);
    }
  }

  /** Whether the others must be asked before anything is decided. */
  isYoung(now: Instant): boolean {
    return elapsedMs(this.#changedAt, now) < youthMs;
  }

  /** The order in which machines decide a collection, with the one first that it is left to. */
  orderOf(collection: CollectionId, order: readonly PeerId[], now: Instant): readonly PeerId[] {
    const first = this.leftTo(collection, now)?.to;
    return first === undefined ? order : [first, ...order.filter((peer) => peer !== first)];
  }

  /** How often anything was left to anybody: what a machine did before it may be told by this. */
  get count(): number {
    return this.#count;
  }

  /** To whom a collection is left; undefined if to nobody. */
  leftTo(collection: CollectionId, now: Instant): Deference | undefined {
    const deference = this.#deferences.get(collection);
    if (deference === undefined || deference.until > now) return deference;
    this.#deferences.delete(collection);
    return undefined;
  }

  /**
   * Whether a collection is left to a machine that is about to decide it.
   *
   * @param isDecider - Whether this machine decides it now.
   */
  leave(collection: CollectionId, to: PeerId, isDecider: boolean, now: Instant): boolean {
    const isPreferred = rendezvous(collection, [this.#self, to])[0] === to;
    const isLeft = this.#deferences.get(collection)?.to === to;
    if (isDecider && !isPreferred && !isLeft) return false;
    this.#deferences.delete(collection);
    this.#count += 1;
    const count = this.#count;
    this.#deferences.set(collection, { to, until: after(now, deferenceMs), count });
    const [oldest] = this.#deferences.keys();
    if (this.#deferences.size > deferencesMax && oldest !== undefined) {
      this.#deferences.delete(oldest);
    }
    return true;
  }
}

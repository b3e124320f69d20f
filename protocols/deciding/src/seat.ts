import { after, elapsedMs, type Instant, rendezvous } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import {
  dazeMs,
  deferenceMs,
  deferencesMax,
  leadMs,
  leadsMax,
  reignsMax,
  youthMs,
} from "./limits.ts";

/** That a collection is left to another machine for now. */
export interface Deference {
  readonly to: PeerId;
  readonly until: Instant;
  /** Grows from one to the next. */
  readonly count: number;
}

/** That a machine decides what another decided before. */
interface Reign {
  readonly by: PeerId;
  /** How many leads ahead it stamps at most. */
  readonly leads: number;
  readonly until: Instant;
}

/**
 * Who sits where: since when a machine may have decided what another decided before, and which
 * collections it leaves to others for now.
 *
 * After machines came or went two of them may each hold itself for the decider. So for a while
 * whoever decides asks the other keepers first what they hold of the record, and they leave the
 * collection to it. Of two who ask each other the one that rendezvous hashing prefers stays.
 *
 * Who takes over stamps ahead of what the one before may have written and told nobody. Where that
 * one had just taken over itself, and stamped ahead, the next stamps so much further ahead; all
 * know of each other's reigns, for each has asked them.
 */
export class Seat {
  readonly #self: PeerId;
  readonly #deferences = new Map<CollectionId, Deference>();
  readonly #reigns = new Map<CollectionId, Reign>();
  #changedAt: Instant;
  #dazedUntil: Instant | undefined;
  #stills = 0;
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

  /** This machine has stood still: others may have decided in its place meanwhile. */
  stoodStill(now: Instant): void {
    this.#changedAt = now;
    this.#dazedUntil = after(now, dazeMs);
    this.#stills += 1;
  }

  /** How often it has stood still. */
  get stills(): number {
    return this.#stills;
  }

  /**
   * Whether this machine has just stood still. What was asked of it meanwhile has waited with it,
   * and others may have done it since: it decides nothing until all that is answered.
   */
  isDazed(now: Instant): boolean {
    return this.#dazedUntil !== undefined && now < this.#dazedUntil;
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
    this.#reign(collection, to, now);
    this.#count += 1;
    const count = this.#count;
    this.#deferences.set(collection, { to, until: after(now, deferenceMs), count });
    const [oldest] = this.#deferences.keys();
    if (this.#deferences.size > deferencesMax && oldest !== undefined) {
      this.#deferences.delete(oldest);
    }
    return true;
  }

  /** This machine decides what another decided: how far ahead it has to stamp. */
  takeOver(collection: CollectionId, now: Instant): number {
    return leadMs * this.#reign(collection, this.#self, now);
  }

  /** Takes note that a machine takes over; gives how many leads ahead of the time that is. */
  #reign(collection: CollectionId, by: PeerId, now: Instant): number {
    const known = this.#reigns.get(collection);
    const last = known !== undefined && known.until > now ? known : { by, leads: 1 };
    const leads = last.by === by ? last.leads : Math.min(last.leads + 1, leadsMax);
    this.#reigns.delete(collection);
    // Until then the time has caught up with what it stamps.
    this.#reigns.set(collection, { by, leads, until: after(now, leads * leadMs) });
    const [oldest] = this.#reigns.keys();
    if (this.#reigns.size > reignsMax && oldest !== undefined) this.#reigns.delete(oldest);
    return leads;
  }
}

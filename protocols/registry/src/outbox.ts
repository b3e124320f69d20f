import { after, type Instant, type Now } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { batches } from "./batch.ts";
import type { RegistryEffect } from "./event.ts";
import type { Held } from "./held.ts";
import {
  acknowledgeMsMax,
  batchBytesMax,
  deliveriesMax,
  itemsPerMessageMax,
  packMs,
  resendMsMax,
  resendMsMin,
} from "./limits.ts";

/** One version of a key on its way to the machines that shall hold it. */
export interface Delivery {
  readonly held: Held;
  readonly keepers: readonly PeerId[];
  /** Who has not acknowledged it yet. */
  readonly waiting: Set<PeerId>;
  /** Keepers that must hold it for the delivery to be a success. */
  readonly wanted: number;
  /** Whether to ask before sending, because the others probably hold it. */
  readonly isOffer: boolean;
  /** Keepers that hold it. */
  holders: number;
  ticket: number | undefined;
}

export interface Parcel {
  readonly held: Held;
  readonly keepers: readonly PeerId[];
  /** Machines that get it although they do not count: those that it concerns. */
  readonly others: readonly PeerId[];
  readonly wanted: number;
  readonly isOffer: boolean;
  readonly ticket?: number | undefined;
}

/** A peer's share of the deliveries, and when it is sent again. */
interface Queue {
  readonly pending: Set<Delivery>;
  fresh: Delivery[];
  /** When what is fresh goes out at the earliest. */
  flushAt: Instant;
  attempt: number;
  nextAt: Instant;
}

export interface OutboxOptions {
  readonly self: PeerId;
  readonly emit: (effect: RegistryEffect) => void;
  /** Called once a delivery is over: enough hold it, or nobody is left to wait for. */
  readonly settled: (held: Held, isHeldWidely: boolean) => void;
}

/**
 * Writes that are not yet held everywhere they should be: sent at once, and again with growing
 * pauses to each peer that lives and does not answer.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #queues = new Map<PeerId, Queue>();
  /** Oldest first, since all wait equally long. */
  #deadlines: { readonly at: Instant; readonly delivery: Delivery }[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#deliveries.size;
  }

  /** When {@link tick} has something to do at the latest. */
  get wakeAt(): Instant | undefined {
    let wakeAt = this.#deadlines[0]?.at;
    for (const { flushAt, fresh, nextAt, pending } of this.#queues.values()) {
      if (pending.size === 0) continue;
      const at = fresh.length > 0 && flushAt < nextAt ? flushAt : nextAt;
      if (wakeAt === undefined || at < wakeAt) wakeAt = at;
    }
    return wakeAt;
  }

  isUnderway(held: Held): boolean {
    return this.#deliveries.has(held.id);
  }

  /** Starts to deliver. What is new goes out with the next {@link flush}. */
  deliver(parcel: Parcel, now: Now): void {
    const { self } = this.#options;
    const waiting = new Set([...parcel.keepers, ...parcel.others]);
    const holders = waiting.delete(self) && parcel.keepers.includes(self) ? 1 : 0;
    const { held, keepers, wanted, isOffer, ticket } = parcel;
    const delivery: Delivery = { held, keepers, waiting, wanted, isOffer, holders, ticket };
    if (this.#settle(delivery)) return;
    this.#makeRoom();
    this.#deliveries.set(held.id, delivery);
    for (const peer of waiting) this.#enqueue(peer, delivery, now);
    if (delivery.ticket === undefined) return;
    this.#deadlines.push({ at: after(now.at, acknowledgeMsMax), delivery });
  }

  /** Sends what was handed in, at once after a rest and several together when they come fast. */
  flush(now: Now): void {
    for (const [peer, queue] of this.#queues) {
      if (queue.fresh.length === 0 || queue.flushAt > now.at) continue;
      const fresh = queue.fresh.filter((delivery) => queue.pending.has(delivery));
      queue.fresh = [];
      queue.flushAt = after(now.at, packMs);
      this.#send(peer, fresh);
    }
  }

  /** Takes note that a peer holds the versions with these ids. */
  acknowledge(peer: PeerId, ids: readonly number[], now: Now): void {
    const queue = this.#queues.get(peer);
    for (const id of ids) {
      const delivery = this.#deliveries.get(id);
      if (delivery === undefined || !delivery.waiting.delete(peer)) continue;
      queue?.pending.delete(delivery);
      if (delivery.keepers.includes(peer)) delivery.holders += 1;
      this.#settle(delivery);
    }
    if (queue === undefined) return;
    queue.attempt = 0;
    queue.nextAt = after(now.at, resendMsMin);
    if (queue.pending.size === 0 && queue.flushAt <= now.at) this.#queues.delete(peer);
  }

  /** Stops waiting for a version that a newer one has replaced, unless somebody asks for it. */
  replaced(held: Held): void {
    const delivery = this.#deliveries.get(held.id);
    if (delivery !== undefined && delivery.ticket === undefined) this.#end(delivery);
  }

  /** Gives up what is offered to machines that no longer keep it: it is to be offered to others. */
  withdraw(collections: readonly CollectionId[]): void {
    const changed = new Set(collections);
    for (const delivery of this.#deliveries.values()) {
      if (!delivery.isOffer || !changed.has(delivery.held.entry.collection)) continue;
      this.#answer(delivery);
      this.#end(delivery);
      this.#options.settled(delivery.held, false);
    }
  }

  /** Stops waiting for machines that are not alive. */
  setAlive(alive: ReadonlySet<PeerId>): void {
    for (const [peer, queue] of this.#queues) {
      if (alive.has(peer)) continue;
      this.#queues.delete(peer);
      for (const delivery of queue.pending) {
        delivery.waiting.delete(peer);
        this.#settle(delivery);
      }
    }
  }

  tick(now: Now): void {
    const firstLater = this.#deadlines.findIndex(({ at }) => at > now.at);
    const due = this.#deadlines.splice(0, firstLater < 0 ? this.#deadlines.length : firstLater);
    for (const { delivery } of due) this.#answer(delivery);
    for (const [peer, queue] of this.#queues) {
      if (queue.pending.size === 0) this.#queues.delete(peer);
      else if (queue.nextAt <= now.at) this.#resend(peer, queue, now);
    }
  }

  #enqueue(peer: PeerId, delivery: Delivery, now: Now): void {
    const queue = this.#queues.get(peer) ?? {
      pending: new Set(),
      fresh: [],
      flushAt: now.at,
      attempt: 0,
      nextAt: after(now.at, resendMsMin),
    };
    this.#queues.set(peer, queue);
    if (queue.pending.size === 0) {
      queue.attempt = 0;
      queue.nextAt = after(now.at, resendMsMin);
    }
    queue.pending.add(delivery);
    queue.fresh.push(delivery);
  }

  /** One batch of the oldest, which then queue up behind: all get their turn. */
  #resend(peer: PeerId, queue: Queue, now: Now): void {
    let bytes = 0;
    const again: Delivery[] = [];
    for (const delivery of queue.pending) {
      bytes += delivery.held.bytes;
      if (again.length > 0 && bytes > batchBytesMax) break;
      again.push(delivery);
    }
    for (const delivery of again) {
      queue.pending.delete(delivery);
      queue.pending.add(delivery);
    }
    this.#send(peer, again);
    queue.attempt += 1;
    queue.nextAt = after(now.at, Math.min(resendMsMin * 2 ** queue.attempt, resendMsMax));
  }

  #send(to: PeerId, deliveries: readonly Delivery[]): void {
    const { emit } = this.#options;
    const puts = deliveries.filter(({ isOffer }) => !isOffer).map(({ held }) => held);
    for (const entries of batches(puts)) {
      emit({ kind: "send", to, message: { k: "r.put", e: entries } });
    }
    const offers = deliveries.filter(({ isOffer }) => isOffer).map(({ held }) => held);
    for (const [collection, helds] of byCollection(offers)) {
      for (let start = 0; start < helds.length; start += itemsPerMessageMax) {
        const part = helds.slice(start, start + itemsPerMessageMax);
        const items = part.map(({ position, version, id }) => [position, version, id] as const);
        emit({ kind: "send", to, message: { k: "r.offer", c: collection, i: items } });
      }
    }
  }

  /** Ends the delivery if nothing is left to do for it. Returns whether it did. */
  #settle(delivery: Delivery): boolean {
    const isHeldWidely = delivery.holders >= delivery.wanted;
    if (isHeldWidely || delivery.waiting.size === 0) this.#answer(delivery);
    if (delivery.waiting.size > 0 && !(delivery.isOffer && isHeldWidely)) return false;
    this.#end(delivery);
    this.#options.settled(delivery.held, isHeldWidely);
    return true;
  }

  #answer(delivery: Delivery): void {
    const { ticket, holders, keepers } = delivery;
    if (ticket === undefined) return;
    delivery.ticket = undefined;
    this.#options.emit({ kind: "acknowledged", ticket, holders, of: keepers.length });
  }

  #end(delivery: Delivery): void {
    this.#deliveries.delete(delivery.held.id);
    for (const peer of delivery.waiting) this.#queues.get(peer)?.pending.delete(delivery);
  }

  /** Gives up the oldest: keepers repair each other, and others offer it again. */
  #makeRoom(): void {
    if (this.#deliveries.size < deliveriesMax) return;
    for (const oldest of this.#deliveries.values()) {
      this.#answer(oldest);
      this.#end(oldest);
      return;
    }
  }
}

function byCollection(helds: readonly Held[]): Map<CollectionId, Held[]> {
  const groups = new Map<CollectionId, Held[]>();
  for (const held of helds) {
    const group = groups.get(held.entry.collection) ?? [];
    groups.set(held.entry.collection, group);
    group.push(held);
  }
  return groups;
}

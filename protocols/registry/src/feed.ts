import { after, type Instant, type Now, type Random } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { batches } from "./batch.ts";
import type { RegistryEffect } from "./event.ts";
import type { Held } from "./held.ts";
import {
  feedLogMax,
  followedPerPeerMax,
  followersMax,
  gatherMs,
  subscriptionMs,
} from "./limits.ts";
import type { RegistryMessage } from "./message.ts";
import type { Placement } from "./placement.ts";
import type { Repair } from "./repair.ts";
import type { Library } from "./shelf.ts";
import { type Fingerprint, nothing, wholeRange } from "./tree.ts";

export interface FeedsOptions {
  readonly library: Library;
  readonly placement: Placement;
  readonly repair: Repair;
  readonly random: Random;
  readonly emit: (effect: RegistryEffect) => void;
}

/** What the followers of one collection are told of. */
interface Feed {
  /** Tells this log from one of an earlier life or of another keeper. */
  readonly epoch: number;
  /** Position of the newest change; the log holds those up to it. */
  position: number;
  log: Held[];
  /** Changes that no follower was told of yet. */
  fresh: number;
  /** When they are told at the earliest. */
  tellAt: Instant;
  /** Until when each follower is told. */
  readonly followers: Map<PeerId, Instant>;
}

/**
 * The keeper's side of following: tells of every change in the order it was applied here, at once
 * after a rest and several together when they come fast. It resumes whoever names a position that
 * is still in the log; everybody else is set to the present position and repairs the difference
 * like a keeper would.
 */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<CollectionId, Feed>();
  /** Collections with changes that followers were not told of yet. */
  readonly #fresh = new Set<CollectionId>();
  readonly #followed = new Map<PeerId, number>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** When {@link flush} has something to tell at the latest. */
  get wakeAt(): Instant | undefined {
    let wakeAt: Instant | undefined;
    for (const collection of this.#fresh) {
      const tellAt = this.#feeds.get(collection)?.tellAt;
      if (tellAt !== undefined && (wakeAt === undefined || tellAt < wakeAt)) wakeAt = tellAt;
    }
    return wakeAt;
  }

  subscribe(from: PeerId, message: RegistryMessage & { k: "r.sub" }, now: Now): void {
    const { placement, random } = this.#options;
    const collection = message.c;
    if (!placement.isKept(collection)) {
      this.#send(from, { k: "r.not-kept", c: collection });
      return;
    }
    const feed = this.#feeds.get(collection) ?? {
      epoch: random.below(2 ** 32),
      position: 0,
      log: [],
      fresh: 0,
      tellAt: now.at,
      followers: new Map(),
    };
    if (!this.#admit(from, feed)) return;
    this.#feeds.set(collection, feed);
    feed.followers.set(from, after(now.at, subscriptionMs));
    const mine = this.#fingerprint(collection);
    const behind = feed.position - message.s;
    if (message.e === feed.epoch && behind >= 0 && behind <= feed.log.length) {
      this.#sendChanges(from, collection, feed, behind);
      if (behind > 0) return;
    } else {
      const { epoch: e, position: s } = feed;
      this.#send(from, { k: "r.start", c: collection, e, s, f: mine.sum, n: mine.count });
    }
    const isEqual = mine.sum === message.f && mine.count === message.n;
    if (!isEqual) this.#options.repair.offerWhole(from, collection);
  }

  unsubscribe(from: PeerId, collection: CollectionId): void {
    const feed = this.#feeds.get(collection);
    if (feed?.followers.delete(from)) this.#count(from, -1);
  }

  /** Takes note of a change; followers hear of it with the next {@link flush}. */
  changed(held: Held): void {
    const feed = this.#feeds.get(held.entry.collection);
    if (feed === undefined) return;
    feed.position += 1;
    feed.fresh += 1;
    feed.log.push(held);
    this.#fresh.add(held.entry.collection);
  }

  /** Tells followers of the changes whose time has come. */
  flush(now: Now): void {
    for (const collection of this.#fresh) {
      const feed = this.#feeds.get(collection);
      if (feed !== undefined && feed.tellAt > now.at) continue;
      this.#fresh.delete(collection);
      if (feed === undefined) continue;
      this.#tell(collection, feed);
      feed.tellAt = after(now.at, gatherMs);
    }
  }

  /** Sends away the followers of what is no longer kept here. */
  keepersChanged(collections: readonly CollectionId[]): void {
    for (const collection of collections) {
      if (this.#options.placement.isKept(collection)) continue;
      for (const follower of this.#feeds.get(collection)?.followers.keys() ?? []) {
        this.#send(follower, { k: "r.not-kept", c: collection });
        this.unsubscribe(follower, collection);
      }
      this.#feeds.delete(collection);
    }
  }

  /** Forgets followers that have been silent, and logs without followers. */
  sweep(now: Now): void {
    for (const [collection, feed] of this.#feeds) {
      for (const [follower, until] of feed.followers) {
        if (until <= now.at) this.unsubscribe(follower, collection);
      }
      if (feed.followers.size === 0) this.#feeds.delete(collection);
    }
  }

  #admit(from: PeerId, feed: Feed): boolean {
    if (feed.followers.has(from)) return true;
    if (feed.followers.size >= followersMax) return false;
    if ((this.#followed.get(from) ?? 0) >= followedPerPeerMax) return false;
    this.#count(from, 1);
    return true;
  }

  #count(peer: PeerId, by: 1 | -1): void {
    const count = (this.#followed.get(peer) ?? 0) + by;
    if (count > 0) this.#followed.set(peer, count);
    else this.#followed.delete(peer);
  }

  #tell(collection: CollectionId, feed: Feed): void {
    for (const follower of feed.followers.keys()) {
      this.#sendChanges(follower, collection, feed, feed.fresh);
    }
    feed.fresh = 0;
    if (feed.log.length > 2 * feedLogMax) feed.log = feed.log.slice(-feedLogMax);
  }

  /** Sends the newest `count` changes of the log, of each record the last one. */
  #sendChanges(to: PeerId, collection: CollectionId, feed: Feed, count: number): void {
    const { sum: f, count: n } = this.#fingerprint(collection);
    const { epoch: e, position } = feed;
    const start = position - count;
    const news = count === 0 ? [] : feed.log.slice(-count);
    const places = news.flatMap((held, index) => (this.#isCurrent(held) ? [index] : []));
    const lasting = places.flatMap((index) => news[index] ?? []);
    const messages = lasting.length === 0 ? [[]] : batches(lasting);
    let [s, sent] = [start, 0];
    for (const x of messages) {
      sent += x.length;
      const next = places[sent];
      const t = next === undefined ? position : start + next;
      this.#send(to, { k: "r.change", c: collection, e, s, t, x, f, n });
      s = t;
    }
  }

  #isCurrent(held: Held): boolean {
    return this.#options.library.get(held.entry) === held;
  }

  #fingerprint(collection: CollectionId): Fingerprint {
    return this.#options.library.shelf(collection)?.tree.fingerprint(wholeRange) ?? nothing;
  }

  #send(to: PeerId, message: RegistryMessage): void {
    this.#options.emit({ kind: "send", to, message });
  }
}

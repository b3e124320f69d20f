import {
  after,
  assert,
  elapsedMs,
  hashOf,
  type Instant,
  instantAt,
  type Now,
  type Random,
  unreachable,
} from "@beemesh/base";
import type { Introductions, Signer, Verifier } from "@beemesh/ports";
import {
  type CollectionId,
  type Entry,
  type EntryPart,
  entryKey,
  entryText,
  type PeerId,
  type Stamp,
} from "@beemesh/wire";
import { Acceptance, type Sifted } from "./acceptance.ts";
import { Acquaintance } from "./acquaintance.ts";
import { firstStamp, HybridClock } from "./clock.ts";
import type { RegistryEffect, RegistryEvent } from "./event.ts";
import { Feeds } from "./feed.ts";
import { Following } from "./following.ts";
import { type Descent, type Held, hold, type Interest } from "./held.ts";
import { Ledger } from "./ledger.ts";
import { keepersMax, matchMsMax, strangersMsMax, sweepEveryMs } from "./limits.ts";
import { Mender } from "./mender.ts";
import { MeshTime } from "./mesh-time.ts";
import {
  type DeliveryMessage,
  type FeedMessage,
  isFeedMessage,
  type RegistryMessage,
  type RepairMessage,
} from "./message.ts";
import { Outbox } from "./outbox.ts";
import { Placement } from "./placement.ts";
import { Repair } from "./repair.ts";
import type { Reunions } from "./reunions.ts";
import { Sharing } from "./sharing.ts";
import { Library } from "./shelf.ts";
import { Sweeper } from "./sweeper.ts";
import { uidOf } from "./uid.ts";

export interface RegistryOptions {
  readonly self: PeerId;
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** Where authors are looked up that were never met; without it all count as met. */
  readonly introductions?: Introductions | undefined;
  readonly random: Random;
  /** Machines that keep a collection, 5 if not given. */
  readonly replicas?: number;
  /**
   * The machines that an entry concerns although they may not keep its collection, such as the
   * one that a pod is bound to. They are sent it, and keep it. Must depend on the entry alone.
   */
  readonly interested?: Interest;
  /**
   * The records that an entry is derived from, such as the owners of a pod: they concern whom it
   * concerns. Must depend on the entry alone.
   */
  readonly descent?: Descent;
  /** What versions from two sides of a cut are together; without it the newer one holds whole. */
  readonly reunions?: Reunions | undefined;
}

/** How much of a collection this machine holds. */
export type Coverage =
  /** It is a keeper, and has once held the same as another since it shares anything with it. */
  | "kept"
  /** It follows, and has caught up with a keeper. */
  | "followed"
  /** What it wrote itself or runs, or a copy that has not caught up yet. */
  | "partly";

/**
 * The records of the mesh as one machine holds them: a map of signed entries in which the newer
 * stamp wins, kept alike on the machines that are responsible for a collection.
 *
 *     write ──▶ signed, kept here ──▶ r.put to all keepers ──▶ acknowledged by a majority
 *     r.put, r.give, r.change ──▶ inspected ──▶ kept here if newer ──▶ told to followers
 *     every half minute ──▶ compared with those who keep the same ──▶ repaired
 *
 * Two machines that have seen the same entries hold the same, in whatever order they came.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #hold: (entry: Entry) => Held;
  readonly #clock: HybridClock;
  readonly #meshTime = new MeshTime();
  readonly #library: Library;
  readonly #placement: Placement;
  readonly #outbox: Outbox;
  readonly #repair: Repair;
  readonly #feeds: Feeds;
  readonly #following: Following;
  readonly #acceptance: Acceptance;
  readonly #mender: Mender;
  readonly #acquaintance: Acquaintance;
  readonly #sweeper: Sweeper;

  readonly #ledger = new Ledger();
  /** Since when this machine keeps what others kept before, until it is known to have it all. */
  readonly #gained = new Map<CollectionId, Instant>();
  /** The library's shape when partners were last looked for. */
  #shape = 0;
  #sweepAt: Instant | undefined;
  #wakeAt: Instant | undefined;
  #at: Instant = instantAt(0);

  constructor(options: RegistryOptions) {
    const { self, random, verifier, replicas = keepersMax, interested, descent } = options;
    assert(replicas >= 1, "a collection has at least one keeper");
    this.#options = options;
    this.#hold = (entry) => hold(entry, interested, descent);
    const emit = (effect: RegistryEffect): void => {
      this.#ledger.emit(effect);
    };
    const clock = new HybridClock({ self });
    const library = new Library();
    const placement = new Placement(self, replicas);
    const isFollowed = (collection: CollectionId): boolean =>
      this.#following.isFollowed(collection);
    const isRetained = (held: Held): boolean => this.#isRetained(held);
    const settled = (held: Held, isHeldWidely: boolean): void => {
      if (isRetained(held)) return;
      if (isHeldWidely) this.#drop(held);
      else this.#sweepWithin(strangersMsMax, this.#at);
    };
    const outbox = new Outbox({ self, emit, settled });
    this.#clock = clock;
    this.#library = library;
    this.#placement = placement;
    this.#outbox = outbox;
    this.#following = new Following({ self, library, placement, emit });
    const sharing = new Sharing({ self, library, placement, isFollowed });
    const matched = (peer: PeerId): void => this.#matched(peer);
    this.#repair = new Repair({ self, library, placement, sharing, random, emit, matched });
    this.#feeds = new Feeds({ library, placement, repair: this.#repair, random, emit });
    const { introductions, reunions } = options;
    const write = ({ stamp, collection, name, part }: Entry, body: string, now: Now): void =>
      this.#writeAt(this.#clock.follow(stamp), { collection, name, part, body }, now);
    this.#mender = new Mender({ self, verifier, placement, reunions, write, emit });
    const acquaintance = new Acquaintance({ introductions, emit });
    this.#acquaintance = acquaintance;
    this.#acceptance = new Acceptance({
      library,
      clock,
      verifier,
      isKnown: (author) => acquaintance.knows(author),
      isRetained,
      isLate: (mine, held) => this.#mender.isLate(mine, held),
      hold: this.#hold,
      emit,
    });
    this.#sweeper = new Sweeper({ library, placement, outbox, isRetained });
  }

  /** The newest version of one part of a record, tombstones included. */
  get(collection: CollectionId, name: string, part: EntryPart): Entry | undefined {
    return this.#library.get({ collection, name, part })?.entry;
  }

  /** What an object is made of: its specification, and the status of the object of that uid. */
  partsOf(collection: CollectionId, name: string): readonly Entry[] {
    const spec = this.get(collection, name, "spec");
    const uid = spec && uidOf(spec);
    const status = uid === undefined ? undefined : this.get(collection, name, `status:${uid}`);
    return [spec, status].filter((entry) => entry !== undefined);
  }

  /**
   * Another wrote here before, and may come back with what it told nobody: whatever is written
   * from now on is stamped so far ahead of the time, until that has caught up.
   */
  takeOver(aheadMs: number, now: Now): void {
    this.#clock.leap(aheadMs, this.#meshTime.correct(now));
  }

  /** All entries held of a collection, tombstones included, in no order. */
  list(collection: CollectionId): readonly Entry[] {
    const helds = this.#library.shelf(collection)?.tree.entries() ?? [];
    return Array.from(helds, ({ entry }) => entry);
  }

  /** The collections of which anything is held here. */
  collections(): readonly CollectionId[] {
    return [...this.#library.collections];
  }

  /** The live machines that keep a collection, the one that acts first of all first. */
  keepersOf(collection: CollectionId): readonly PeerId[] {
    return this.#placement.keepersOf(collection);
  }

  /** Where this machine stands among the keepers, from 0; undefined if it is none. */
  rankOf(collection: CollectionId): number | undefined {
    return this.#placement.rankOf(collection);
  }

  coverageOf(collection: CollectionId): Coverage {
    if (this.#placement.isKept(collection)) return this.#isSettled(collection) ? "kept" : "partly";
    return this.#following.isComplete(collection) ? "followed" : "partly";
  }

  /** Whether one of the other keepers, if there are any, has once held the same as we do. */
  #isSettled(collection: CollectionId): boolean {
    const since = this.#gained.get(collection);
    if (since !== undefined) return elapsedMs(since, this.#at) >= matchMsMax;
    if (this.#placement.isGained(collection)) return false;
    const others = this.#otherKeepersOf(collection);
    return (
      others.length === 0 || others.some((keeper) => this.#repair.hasMatched(keeper, this.#at))
    );
  }

  /** Milliseconds since 1970 as the mesh counts them, whatever this machine's clock says. */
  meshMs(now: Now): number {
    return this.#clock.meshMs(this.#meshTime.correct(now));
  }

  /** Advances by one event and returns what must now be done, in this order. */
  step(event: RegistryEvent, now: Now): readonly RegistryEffect[] {
    this.#at = now.at;
    // What an earlier life held may be for others to keep by now.
    this.#sweepAt ??= after(now.at, strangersMsMax);
    this.#handle(event, now);
    if (event.kind === "tick") this.#tick(now);
    return this.#finish(now);
  }

  #handle(event: RegistryEvent, now: Now): void {
    switch (event.kind) {
      case "load":
        return this.#load(event.entries);
      case "write":
        return this.#write(event, now);
      case "members":
        return this.#setMembers(
          event.alive.map(({ id }) => id),
          now,
        );
      case "connected":
        this.#following.connected(event.peer, now);
        return this.#repair.connected(event.peer, now);
      case "disconnected":
        return this.#following.disconnected(event.peer, now);
      case "message":
        return this.#hear(event.from, event.message, now);
      case "follow":
        return this.#following.follow(event.collection, now);
      case "fetch":
        return this.#fetch(event.collection, event.name);
      case "unfollow":
        this.#following.unfollow(event.collection);
        return this.#sweepSoon(now);
      case "tick":
        return;
      default:
        return unreachable(event);
    }
  }

  #load(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      this.#clock.restore(entry.stamp);
      if (!this.#library.wants(entry)) continue;
      const before = this.#library.put(this.#hold(entry));
      this.#ledger.emit({ kind: "changed", entry, before: before?.entry });
    }
  }

  #write(event: RegistryEvent & { kind: "write" }, now: Now): void {
    this.#writeAt(this.#stampOf(event, now), event, now);
  }

  #stampOf(event: RegistryEvent & { kind: "write" }, now: Now): Stamp {
    const { collection, name, part, isAmendment = false, isPresumed = false } = event;
    const amended = isAmendment || isPresumed ? this.get(collection, name, part) : undefined;
    if (amended !== undefined) return this.#clock.follow(amended.stamp);
    if (isPresumed) return firstStamp(this.#options.self);
    return this.#clock.next(this.#meshTime.correct(now));
  }

  #writeAt(stamp: Stamp, write: Omit<RegistryEvent & { kind: "write" }, "kind">, now: Now): void {
    const { collection, name, part, body, ticket } = write;
    const { self, signer } = this.#options;
    const unsigned = { collection, name, part, stamp, author: self, body };
    const held = this.#hold({ ...unsigned, signature: signer.sign(entryText(unsigned)) });
    const before = this.#put(held);
    if (before?.concerns.includes(self)) this.#sweepSoon(now);
    this.#outbox.deliver(
      {
        held,
        keepers: this.#placement.keepersOf(collection),
        others: this.#alive([...this.#library.concernedBy(held), ...(before?.concerns ?? [])]),
        wanted: this.#placement.wantedOf(collection),
        isOffer: false,
        ticket,
      },
      now,
    );
  }

  #otherKeepersOf(collection: CollectionId): readonly PeerId[] {
    const { self } = this.#options;
    return this.#placement.keepersOf(collection).filter((keeper) => keeper !== self);
  }

  #alive(peers: readonly PeerId[]): readonly PeerId[] {
    return peers.filter((peer) => this.#placement.alive.has(peer));
  }

  /** Writes anew what this machine stamped while its clock was far ahead: nobody believes that. */
  #setClock(now: Now): void {
    const corrected = this.#meshTime.correct(now);
    this.#observe("registry.clock-corrected", { byMs: corrected.wallMs - now.wallMs });
    if (!this.#clock.comeBack(corrected)) return;
    const entries = this.collections().flatMap((collection) => this.list(collection));
    for (const { collection, name, part, body, author, stamp } of entries) {
      const isOurs = author === this.#options.self;
      if (isOurs && this.#clock.isFromFuture(stamp, corrected)) {
        this.#write({ kind: "write", collection, name, part, body }, now);
      }
    }
  }

  #setMembers(alive: readonly PeerId[], now: Now): void {
    const changed = this.#placement.setAlive(alive, now.at);
    this.#outbox.setAlive(this.#placement.alive);
    this.#repair.updatePartners(now);
    if (changed.length === 0) return;
    this.#outbox.withdraw(changed);
    this.#repair.keepersChanged(changed, now);
    this.#feeds.keepersChanged(changed);
    this.#following.keepersChanged(changed, now);
    this.#sweepSoon(now);
  }

  /** What this machine has gained is complete when one who kept it before has the same. */
  #matched(peer: PeerId): void {
    for (const collection of this.#gained.keys()) {
      if (this.#placement.isVersed(collection, peer, this.#at)) this.#gained.delete(collection);
    }
  }

  #hear(from: PeerId, message: RegistryMessage, now: Now): void {
    if (isFeedMessage(message)) return this.#receiveFeed(from, message, now);
    if (message.k === "r.who") return this.#acquaintance.answer(from, message.a);
    if (message.k !== "r.intro") return this.#receive(from, message, now);
    if (this.#acquaintance.meet(from, message.x)) this.#repair.again(from, now);
  }

  #receive(from: PeerId, message: DeliveryMessage | RepairMessage, now: Now): void {
    switch (message.k) {
      case "r.put":
        return this.#acknowledge(from, this.#exchange(from, message.e, now));
      case "r.give":
        this.#observe("registry.repaired", {
          peer: from,
          entries: this.#exchange(from, message.e, now).length,
        });
        return;
      case "r.ack":
        return this.#outbox.acknowledge(from, message.i, now);
      case "r.offer":
        return this.#consider(from, message);
      case "r.want":
        return this.#repair.onWant(from, message.c, message.i);
      case "r.sum":
        if (this.#meshTime.hear(from, message.t, now)) this.#setClock(now);
        return this.#repair.onSum(from, message, now);
      case "r.scopes":
        return this.#repair.onScopes(from, message.p, message.c, now);
      case "r.range":
        return this.#repair.onRange(from, message, now);
      default:
        return unreachable(message);
    }
  }

  /** Which keeper is asked is left to chance, so that who asks again asks another. */
  #fetch(collection: CollectionId, name: string): void {
    const { random } = this.#options;
    const others = this.#otherKeepersOf(collection);
    const keeper = others[random.below(Math.max(1, others.length))];
    if (keeper === undefined) return;
    const position = hashOf(entryKey({ collection, name, part: "spec" }));
    const message = { k: "r.want", c: collection, i: [position] } as const;
    this.#ledger.emit({ kind: "send", to: keeper, message });
  }

  #receiveFeed(from: PeerId, message: FeedMessage, now: Now): void {
    switch (message.k) {
      case "r.sub":
        return this.#feeds.subscribe(from, message, now);
      case "r.unsub":
        return this.#feeds.unsubscribe(from, message.c);
      case "r.change":
        if (!this.#following.expects(from, message.c)) return;
        this.#accept(from, message.x, now);
        return this.#following.onChange(from, message, now);
      case "r.start":
        return this.#following.onStart(from, message, now);
      case "r.not-kept":
        return this.#following.onNotKept(from, message.c, now);
      default:
        return unreachable(message);
    }
  }

  /**
   * Keeps what is new of entries from a peer, and gives it back what is newer here. Returns the
   * ids of what is held now.
   */
  #exchange(from: PeerId, entries: readonly Entry[], now: Now): readonly number[] {
    const { ids, newer } = this.#accept(from, entries, now);
    const collection = newer[0]?.entry.collection;
    // What has come together meanwhile is newer still.
    const newest = newer.map((held) => this.#library.get(held.entry) ?? held);
    if (collection !== undefined) this.#repair.give(from, newest, collection);
    return ids;
  }

  #accept(from: PeerId, entries: readonly Entry[], now: Now): Sifted {
    const sifted = this.#acceptance.sift(from, entries, this.#meshTime.correct(now));
    for (const held of sifted.accepted) this.#keep(held, now);
    for (const { entry } of sifted.late) {
      const mine = this.#library.get(entry);
      if (mine !== undefined) this.#mender.mend(mine.entry, entry, now);
    }
    this.#acquaintance.ask(from, sifted.strangers, now);
    return sifted;
  }

  /** Keeps a version of another machine, or what it is together with the one held here. */
  #keep(held: Held, now: Now): void {
    const mine = this.#library.get(held.entry);
    if (mine !== undefined && this.#mender.mend(held.entry, mine.entry, now)) return;
    const before = this.#put(held);
    this.#passOn(held, now);
    // What it was derived from need not stay here any longer either.
    if (before?.concerns.includes(this.#options.self)) this.#sweepSoon(now);
    if (!this.#isRetained(held)) this.#sweepWithin(strangersMsMax, now.at);
  }

  /** Whoever wrote it need not know whom it concerns by descent: that is for the first keeper. */
  #passOn(held: Held, now: Now): void {
    const { collection } = held.entry;
    if (this.#placement.rankOf(collection) !== 0) return;
    const keepers = this.#placement.keepersOf(collection);
    const others = this.#alive(this.#library.heirsOf(held)).filter(
      (peer) => !keepers.includes(peer),
    );
    if (others.length === 0) return;
    this.#outbox.deliver({ held, keepers: [], others, wanted: 0, isOffer: false }, now);
  }

  #acknowledge(to: PeerId, ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.#ledger.emit({ kind: "send", to, message: { k: "r.ack", i: ids } });
  }

  /** Answers an offer: what is held here already, and what is wanted. */
  #consider(from: PeerId, { c, i }: DeliveryMessage & { k: "r.offer" }): void {
    const tree = this.#library.shelf(c)?.tree;
    const isHeld = ([position, version, id]: readonly [number, string, number]): boolean =>
      tree?.at(position).some((held) => this.#knows(held, version, id)) ?? false;
    this.#acknowledge(
      from,
      i.filter((item) => isHeld(item)).map(([, , id]) => id),
    );
    // Who offers it to a machine that does not keep it will find out who does.
    if (!this.#placement.isKept(c)) return;
    const wants = i.filter((item) => !isHeld(item)).map(([position]) => position);
    if (wants.length === 0) return;
    this.#ledger.emit({ kind: "send", to: from, message: { k: "r.want", c, i: wants } });
  }

  /** Whether what is held here is this version, or one that says no less. */
  #knows(held: Held, version: string, id: number): boolean {
    return held.id === id || (held.version >= version && !this.#mender.mayLack(held.entry, id));
  }

  #observe(event: string, facts: Readonly<Record<string, string | number>>): void {
    this.#ledger.emit({ kind: "observe", event, facts });
  }

  #put(held: Held): Held | undefined {
    this.#clock.restore(held.entry.stamp);
    const before = this.#library.put(held);
    if (before !== undefined) this.#outbox.replaced(before);
    this.#ledger.persist(held.entry);
    this.#feeds.changed(held);
    this.#ledger.emit({ kind: "changed", entry: held.entry, before: before?.entry });
    return before;
  }

  #drop(held: Held): void {
    if (this.#library.remove(held)) this.#ledger.drop(held);
  }

  /** Whether an entry stays here: it is kept, followed, or concerns this machine. */
  #isRetained(held: Held): boolean {
    const { collection } = held.entry;
    if (this.#placement.isKept(collection) || this.#following.isFollowed(collection)) return true;
    return this.#library.isConcerned(this.#options.self, held);
  }

  #tick(now: Now): void {
    this.#outbox.tick(now);
    this.#repair.tick(now);
    this.#following.tick(now);
    if (this.#sweepAt !== undefined && this.#sweepAt <= now.at) this.#sweep(now);
  }

  #sweep(now: Now): void {
    this.#sweepAt = after(now.at, sweepEveryMs);
    const garbage = this.#sweeper.garbage(this.meshMs(now), now);
    for (const held of garbage) this.#drop(held);
    const { count, left } = this.#sweeper.handOver(now);
    this.#acceptance.fostered = count;
    if (left > 0) this.#sweepSoon(now);
    this.#feeds.sweep(now);
    for (const [collection, since] of this.#gained) {
      if (elapsedMs(since, now.at) >= matchMsMax) this.#gained.delete(collection);
    }
    this.#placement.retain(
      (collection) =>
        this.#library.shelf(collection) !== undefined || this.#following.isFollowed(collection),
    );
    if (garbage.length + count === 0) return;
    this.#observe("registry.swept", { garbage: garbage.length, strangers: count });
  }

  #sweepSoon(now: Now): void {
    this.#sweepWithin(sweepEveryMs / 30, now.at);
  }

  #sweepWithin(ms: number, now: Instant): void {
    const at = after(now, ms);
    if (this.#sweepAt === undefined || at < this.#sweepAt) this.#sweepAt = at;
  }

  /** Ends a step: sends what has gathered, and asks to be woken. */
  #finish(now: Now): readonly RegistryEffect[] {
    this.#outbox.flush(now);
    this.#feeds.flush(now);
    if (this.#shape !== this.#library.shape) this.#repair.updatePartners(now);
    this.#shape = this.#library.shape;
    this.#gain(now);
    const effects = this.#ledger.take();
    const wake = this.#nextWake(now);
    if (wake !== undefined) effects.push(wake);
    return effects;
  }

  /** Finds out with the others who keep it whether this machine has all of what it now keeps. */
  #gain(now: Now): void {
    const peers = new Set<PeerId>();
    for (const collection of this.#placement.takeGained()) {
      this.#gained.set(collection, now.at);
      for (const keeper of this.#placement.keepersOf(collection)) peers.add(keeper);
    }
    for (const peer of peers) this.#repair.ask(peer, now);
  }

  /** Asks to be woken, unless an earlier wish that is still to come covers it. */
  #nextWake(now: Now): RegistryEffect | undefined {
    const wishes = [
      this.#outbox.wakeAt,
      this.#repair.wakeAt,
      this.#following.wakeAt,
      this.#feeds.wakeAt,
      this.#sweepAt,
    ].filter((at) => at !== undefined);
    const at = wishes.toSorted((a, b) => a - b)[0];
    const isCovered = this.#wakeAt !== undefined && this.#wakeAt > now.at;
    if (at === undefined || (isCovered && this.#wakeAt !== undefined && this.#wakeAt <= at)) {
      return undefined;
    }
    this.#wakeAt = at > now.at ? at : after(now.at, 1);
    return { kind: "wake", at: this.#wakeAt };
  }
}

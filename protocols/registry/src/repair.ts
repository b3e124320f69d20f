import { after, elapsedMs, type Instant, type Now, type Random } from "@beemesh/base";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { batches } from "./batch.ts";
import { type Comparison, compareList, compareRange, emptyComparison } from "./comparison.ts";
import type { RegistryEffect } from "./event.ts";
import type { Held } from "./held.ts";
import {
  batchesPerStepMax,
  digestEveryMs,
  digestFreshMs,
  fillingMs,
  itemsPerMessageMax,
  listedScopesMax,
  matchMsMax,
} from "./limits.ts";
import {
  type RangeSum,
  type RegistryMessage,
  readScope,
  type Scope,
  type ScopeSum,
} from "./message.ts";
import type { Placement } from "./placement.ts";
import { type SharedScope, type Sharing, sumOf, within } from "./sharing.ts";
import type { Library } from "./shelf.ts";
import {
  type Fingerprint,
  type FingerprintTree,
  nothing,
  partsOf,
  type Range,
  wholeRange,
} from "./tree.ts";

export interface RepairOptions {
  readonly self: PeerId;
  readonly library: Library;
  readonly placement: Placement;
  readonly random: Random;
  readonly sharing: Sharing;
  readonly emit: (effect: RegistryEffect) => void;
  /** A peer and this machine hold the same of all that they share. */
  readonly matched?: (peer: PeerId) => void;
}

interface Partner {
  nextAt: Instant;
  /** How long after the next digest another follows: short at first, for messages get lost. */
  pauseMs: number;
  /** When its fingerprint of all that we share was last equal to ours. */
  equalAt: Instant | undefined;
  /** When it was last told a fingerprint, and whether an answer is wanted also if it is equal. */
  greetedAt: Instant | undefined;
  isAsking: boolean;
  /** Since when we share something. */
  readonly since: Instant;
  /** Whether we once held the same since then, so that we lack nothing but what is on its way. */
  hasMatched: boolean;
}

/** Parts of all scopes that one message compares; a few hundred are needed at most. */
const groupsMax = 1024;

/** A difference is looked for again this soon, then after twice the time, up to the usual. */
const pauseMsMin = digestEveryMs / 30;

/** A peer is asked whether we hold the same no more often than this. */
const askMsMin = 100;

/** A gap this large is filled by one peer at a time. */
const largeGap = 64;

/**
 * Makes machines that keep the same collections hold the same entries, whatever was lost between
 * them, at a cost that grows with the difference and not with what is held.
 *
 * Every half minute two partners compare one number for all that they share. If it differs they
 * narrow the difference down, like two people who compare editions of an encyclopedia by volume,
 * chapter and page, and then exchange the entries. Neither side remembers where the conversation
 * stands: every message says all that the answer needs, and a lost one is made up for by the
 * next round.
 */
export class Repair {
  readonly #options: RepairOptions;
  readonly #partners = new Map<PeerId, Partner>();
  /** Who is filling a large gap in a scope, and until when others hold back. */
  readonly #filling = new Map<Scope, { readonly peer: PeerId; readonly until: Instant }>();

  #wakeAt: Instant | undefined;

  constructor(options: RepairOptions) {
    this.#options = options;
  }

  /** When {@link tick} has something to do; it may be early, never late. */
  get wakeAt(): Instant | undefined {
    return this.#wakeAt;
  }

  /**
   * Whether a peer and we have once held the same since we share anything; taken for granted
   * when that took too long, for in a busy mesh two machines may never be equal at one moment.
   */
  hasMatched(peer: PeerId, now: Instant): boolean {
    const partner = this.#partners.get(peer);
    if (partner === undefined) return false;
    return partner.hasMatched || elapsedMs(partner.since, now) >= matchMsMax;
  }

  /** Finds out anew with whom something is shared. */
  updatePartners(now: Now): void {
    const partners = this.#options.sharing.partners();
    for (const peer of this.#partners.keys()) {
      if (!partners.has(peer)) this.#partners.delete(peer);
    }
    for (const peer of partners) {
      if (!this.#partners.has(peer)) this.#scheduleSoon(peer, now);
    }
  }

  /** Compares soon with those who keep these collections, since others kept them before. */
  keepersChanged(collections: readonly CollectionId[], now: Now): void {
    const { placement, self } = this.#options;
    const peers = new Set(collections.flatMap((collection) => placement.keepersOf(collection)));
    for (const peer of peers) {
      if (peer !== self && this.#partners.has(peer)) this.#scheduleSoon(peer, now);
    }
  }

  /** Compares at once with a peer that is back: the machine with the smaller id begins. */
  connected(peer: PeerId, now: Now): void {
    const partner = this.#partners.get(peer);
    if (partner === undefined) return;
    partner.pauseMs = pauseMsMin;
    if (this.#options.self < peer) this.#greet(peer, now);
    else this.#schedule(peer, now, digestEveryMs / 10);
  }

  /** Compares with the peer now: what was refused of it before may be taken now. */
  again(peer: PeerId, now: Now): void {
    if (this.#partners.has(peer)) this.#greet(peer, now);
  }

  /** Asks the peer whether we hold the same; soon, if it was asked only just now. */
  ask(peer: PeerId, now: Now): void {
    const partner = this.#partners.get(peer);
    if (partner === undefined) return;
    partner.isAsking = true;
    const askAt = partner.greetedAt === undefined ? now.at : after(partner.greetedAt, askMsMin);
    if (askAt <= now.at) this.#greet(peer, now);
    else if (askAt < partner.nextAt) this.#plan(partner, askAt);
  }

  tick(now: Now): void {
    for (const [peer, partner] of this.#partners) {
      if (partner.nextAt > now.at) continue;
      const isFresh =
        !partner.isAsking &&
        partner.equalAt !== undefined &&
        elapsedMs(partner.equalAt, now.at) < digestFreshMs;
      if (isFresh) {
        partner.pauseMs = digestEveryMs;
        this.#schedule(peer, now, digestEveryMs);
      } else this.#greet(peer, now);
    }
    for (const [scope, { until }] of this.#filling) {
      if (until <= now.at) this.#filling.delete(scope);
    }
    if (this.#wakeAt !== undefined && this.#wakeAt <= now.at) this.#findWakeAt();
  }

  #findWakeAt(): void {
    this.#wakeAt = undefined;
    for (const { nextAt } of this.#partners.values()) {
      if (this.#wakeAt === undefined || nextAt < this.#wakeAt) this.#wakeAt = nextAt;
    }
  }

  onSum(
    from: PeerId,
    { g: groups, a: isAsking }: RegistryMessage & { k: "r.sum" },
    now: Now,
  ): void {
    const all = this.#options.sharing.with(from);
    const finer: RangeSum[] = [];
    for (const [range, sum, count] of groups.slice(0, groupsMax)) {
      const shared = within(all, range);
      const mine = sumOf(shared);
      if (mine.sum === sum && mine.count === count) {
        if (range !== wholeRange) continue;
        if (isAsking) this.#sendSum(from, [[range, sum, count]], now);
        this.#markEqual(from, now, isAsking);
        continue;
      }
      if (range === wholeRange) this.#suspect(from, now);
      const isFine = shared.length <= listedScopesMax || groups.length > groupsMax / 16;
      const parts = isFine ? [] : partsOf(range);
      if (parts.length === 0) this.#sendScopes(from, range, shared);
      for (const part of parts) {
        const fingerprint = sumOf(within(shared, part));
        finer.push([part, fingerprint.sum, fingerprint.count]);
      }
    }
    if (finer.length > 0) this.#sendSum(from, finer, now);
  }

  onScopes(from: PeerId, range: Range, scopes: readonly ScopeSum[], now: Now): void {
    const theirs = new Map(scopes.map(([scope, sum, count]) => [scope, { sum, count }]));
    for (const { scope, tree } of within(this.#options.sharing.with(from), range)) {
      const fingerprint = theirs.get(scope) ?? nothing;
      theirs.delete(scope);
      this.#compareWhole(from, { scope, tree }, fingerprint, now);
    }
    for (const [scope, fingerprint] of theirs) {
      if (this.#options.sharing.takesPart(from, scope)) {
        this.#compareWhole(from, { scope, tree: undefined }, fingerprint, now);
      }
    }
  }

  onRange(from: PeerId, message: RegistryMessage & { k: "r.range" }, now: Now): void {
    const scope = message.c;
    if (!this.#options.sharing.takesPart(from, scope)) return;
    const { collection } = readScope(scope);
    const tree = this.#options.sharing.treeOf(scope);
    const all = this.#options.library.shelf(collection)?.tree;
    const gap = message.r.reduce((sum, [, , count]) => sum + count, 0) - (tree?.count ?? 0);
    if (gap > largeGap && !this.#mayFill(from, scope, now)) return;
    const comparison = emptyComparison();
    for (const range of message.r) compareRange(tree, range, comparison);
    for (const list of message.l) compareList(tree, all, list, comparison);
    this.#answer(from, scope, comparison);
  }

  onWant(from: PeerId, collection: CollectionId, positions: readonly number[]): void {
    const tree = this.#options.library.shelf(collection)?.tree;
    if (tree === undefined) return;
    const gives = positions.flatMap((position) => tree.at(position));
    this.give(from, gives, collection);
  }

  /** Tells a peer that is out of step about all of a collection, so that it asks for the rest. */
  offerWhole(to: PeerId, collection: CollectionId): void {
    const { sum, count } = this.#options.sharing.fingerprintOf(collection);
    this.#sendRanges(to, collection, [[wholeRange, sum, count]]);
  }

  /** Sends entries, as many as fit into one answer; a fingerprint after them draws the rest. */
  give(to: PeerId, helds: readonly Held[], scope: Scope): void {
    let messages = 0;
    for (const entries of batches(helds)) {
      if (messages === batchesPerStepMax) {
        const { sum, count } = this.#options.sharing.fingerprintOf(scope);
        this.#sendRanges(to, scope, [[wholeRange, sum, count]]);
        return;
      }
      this.#options.emit({ kind: "send", to, message: { k: "r.give", e: entries } });
      messages += 1;
    }
  }

  #compareWhole(
    from: PeerId,
    { scope, tree }: { scope: Scope; tree: FingerprintTree | undefined },
    theirs: Fingerprint,
    now: Now,
  ): void {
    const mine = tree?.fingerprint(wholeRange) ?? nothing;
    if (mine.sum === theirs.sum && mine.count === theirs.count) return;
    if (theirs.count === 0) {
      // It may not know that it keeps this: it is told, and asks if it agrees.
      this.#sendRanges(from, scope, [[wholeRange, mine.sum, mine.count]]);
      return;
    }
    if (theirs.count - mine.count > largeGap && !this.#mayFill(from, scope, now)) return;
    const comparison = emptyComparison();
    compareRange(tree, [wholeRange, theirs.sum, theirs.count], comparison);
    this.#answer(from, scope, comparison);
  }

  /** Whether this peer may fill the gap; if another is at it, this one is asked again soon. */
  #mayFill(peer: PeerId, scope: Scope, now: Now): boolean {
    const filling = this.#filling.get(scope);
    if (filling !== undefined && filling.peer !== peer && filling.until > now.at) {
      this.#schedule(peer, now, 2 * fillingMs);
      return false;
    }
    this.#filling.set(scope, { peer, until: after(now.at, fillingMs) });
    return true;
  }

  #answer(to: PeerId, scope: Scope, { ranges, lists, gives, wants }: Comparison): void {
    if (ranges.length + lists.length > 0) this.#sendRanges(to, scope, ranges, lists);
    const { collection } = readScope(scope);
    for (let start = 0; start < wants.length; start += itemsPerMessageMax) {
      const positions = wants.slice(start, start + itemsPerMessageMax);
      this.#send(to, { k: "r.want", c: collection, i: positions });
    }
    this.give(to, gives, scope);
  }

  #sendRanges(
    to: PeerId,
    scope: Scope,
    ranges: readonly RangeSum[],
    lists: (RegistryMessage & { k: "r.range" })["l"] = [],
  ): void {
    const parts = Math.max(ranges.length, lists.length);
    const step = itemsPerMessageMax / 10;
    for (let start = 0; start < parts; start += step) {
      const r = ranges.slice(start, start + step);
      const l = lists.slice(start, start + step);
      this.#send(to, { k: "r.range", c: scope, r, l });
    }
  }

  #sendScopes(to: PeerId, range: Range, shared: readonly SharedScope[]): void {
    const sums = shared.slice(0, itemsPerMessageMax).map(({ scope, tree }): ScopeSum => {
      const { sum, count } = tree.fingerprint(wholeRange);
      return [scope, sum, count];
    });
    this.#send(to, { k: "r.scopes", p: range, c: sums });
  }

  #greet(peer: PeerId, now: Now): void {
    const { sum, count } = sumOf(this.#options.sharing.with(peer));
    const partner = this.#partners.get(peer);
    this.#sendSum(peer, [[wholeRange, sum, count]], now, partner?.isAsking);
    const pauseMs = partner?.pauseMs ?? digestEveryMs;
    if (partner !== undefined) {
      partner.pauseMs = Math.min(digestEveryMs, 2 * pauseMs);
      partner.greetedAt = now.at;
    }
    this.#schedule(peer, now, pauseMs);
  }

  #sendSum(to: PeerId, groups: readonly RangeSum[], now: Now, isAsking = false): void {
    this.#send(to, { k: "r.sum", t: Math.floor(now.wallMs), g: groups, a: isAsking });
  }

  #send(to: PeerId, message: RegistryMessage): void {
    this.#options.emit({ kind: "send", to, message });
  }

  #markEqual(peer: PeerId, now: Now, isAnswered: boolean): void {
    const partner = this.#partners.get(peer);
    if (partner === undefined) return;
    partner.equalAt = now.at;
    partner.isAsking = false;
    partner.pauseMs = digestEveryMs;
    this.#options.matched?.(peer);
    if (partner.hasMatched) return;
    partner.hasMatched = true;
    // It learns the same of us: once, for the answer finds that we have matched.
    if (!isAnswered) this.#greet(peer, now);
  }

  /** Something differs: looks again soon whether what was exchanged has arrived. */
  #suspect(peer: PeerId, now: Now): void {
    const partner = this.#partners.get(peer);
    if (partner === undefined) return;
    partner.equalAt = undefined;
    if (partner.nextAt > after(now.at, 2 * pauseMsMin)) this.#scheduleSoon(peer, now);
  }

  /** Plans a digest within a second, and more at longer and longer intervals. */
  #scheduleSoon(peer: PeerId, now: Now): void {
    this.#schedule(peer, now, pauseMsMin);
    const partner = this.#partners.get(peer);
    if (partner === undefined) return;
    partner.pauseMs = 2 * pauseMsMin;
    // That we held the same a moment ago says nothing of what we share since.
    partner.equalAt = undefined;
  }

  /** Plans the next digest for a peer: after `delayMs`, give or take a fifth. */
  #schedule(peer: PeerId, now: Now, delayMs: number): void {
    const partner = this.#partners.get(peer) ?? {
      nextAt: now.at,
      pauseMs: digestEveryMs,
      equalAt: undefined,
      greetedAt: undefined,
      isAsking: false,
      since: now.at,
      hasMatched: false,
    };
    const jitterMs = this.#options.random.below(Math.max(1, Math.floor(delayMs * 0.4)));
    this.#plan(partner, after(now.at, delayMs * 0.8 + jitterMs));
    this.#partners.set(peer, partner);
  }

  #plan(partner: Partner, at: Instant): void {
    partner.nextAt = at;
    if (this.#wakeAt === undefined || at < this.#wakeAt) this.#wakeAt = at;
  }
}

import { after, assert, elapsedMs, type Instant } from "@beemesh/base";
import type { Entry, PeerId } from "@beemesh/wire";
import { allot, type Standing, unspreadFilter } from "./allotment.ts";
import { bidsWanted, callsAll, lastRound, smallMeshMax } from "./call.ts";
import type { Award, Bid, Task } from "./message.ts";

/** How long bids are collected and awards waited for. All in milliseconds. */
export interface AuctionOptions {
  /** Enough good bids are not waited for longer than this. */
  readonly windowMsMin: number;
  /** What is there by then must do. */
  readonly windowMsMax: number;
  /** An award that is not confirmed by then goes to the next best. */
  readonly confirmMs: number;
  /** Bids kept; the worst is forgotten when one more arrives. */
  readonly bidsMax: number;
}

/**
 * Bids mostly come within milliseconds; a quarter of a second is for busy machines. A
 * confirmation comes within three round trips of 100 ms.
 */
export const auctionDefaults: AuctionOptions = {
  windowMsMin: 100,
  windowMsMax: 250,
  confirmMs: 300,
  bidsMax: 128,
};

/** Bids that are handed over with an award, for "why there?". */
const bidsShown = 8;

/** What an auction may do for its pods. */
interface Means {
  readonly mayPreempt?: boolean;
}

/** An award that is under way. */
export interface Flight {
  readonly nonce: string;
  readonly machine: PeerId;
  /** The nonce of the round that it bid in. */
  readonly round: string;
  readonly uids: readonly string[];
  readonly sentAt: Instant;
  /** Whether it has been sent a second time. */
  readonly repeated: boolean;
}

/** A machine, and the pods it shall have. */
export interface Choice {
  readonly machine: PeerId;
  /** The nonce of the round that it bid in. */
  readonly round: string;
  readonly uids: readonly string[];
}

interface Offer {
  readonly bid: Bid;
  readonly at: Instant;
  used: number;
}

/**
 * One task's search for machines: bids come in, pods go out to the best, and what is refused
 * goes to the next best. A second and a third round call more machines, and ask those that do
 * not fit for the reason.
 *
 *     collecting ──enough, or window over──▶ awarding ──all confirmed──▶ done
 *         ▲                                     │ bids used up
 *         └──────────── next round ◀────────────┴── last round ──▶ failed
 */
export class Auction {
  readonly #options: AuctionOptions;
  readonly #mayPreempt: boolean;
  #task: Task;
  #openedAt: Instant;
  /** Pods without a machine. */
  readonly #waiting: Set<string>;
  /** What proves that the pods may run. */
  readonly entries: readonly Entry[];
  readonly #flights = new Map<string, Flight>();
  readonly #offers = new Map<PeerId, Offer>();
  /** Who has answered this round, and who any round. */
  readonly #answered = new Set<PeerId>();
  readonly #known = new Set<PeerId>();
  /** Nonces of this round and earlier ones: a bid to any of them is good. */
  readonly #rounds = new Set<string>();
  readonly #reasons = new Map<PeerId, string>();
  readonly #placed = new Map<PeerId, number>();
  #collecting = true;
  /** Whether an award of this round came back, so that another round may find others. */
  #disappointed = false;
  readonly startedAt: Instant;

  constructor(
    task: Task,
    { uids, entries, mayPreempt = false }: Pick<Award, "uids" | "entries"> & Means,
    options: AuctionOptions,
    at: Instant,
  ) {
    assert(uids.length > 0, "an auction has something to award");
    this.#options = options;
    this.#mayPreempt = mayPreempt;
    this.#waiting = new Set(uids);
    this.entries = entries;
    this.#task = task;
    this.#openedAt = at;
    this.startedAt = at;
    this.#rounds.add(task.nonce);
  }

  get task(): Task {
    return this.#task;
  }

  get flights(): ReadonlyMap<string, Flight> {
    return this.#flights;
  }

  /** Pods without a machine and without an award under way. */
  get waiting(): readonly string[] {
    return [...this.#waiting];
  }

  /** Whether every pod has its machine. */
  get isDone(): boolean {
    return this.#waiting.size === 0 && this.#flights.size === 0;
  }

  /** Machines by the filter that they failed, or that kept the author from choosing them. */
  get reasons(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const filter of this.#reasons.values()) counts.set(filter, (counts.get(filter) ?? 0) + 1);
    return counts;
  }

  /** Machines that have answered in any round. */
  get answers(): number {
    return this.#known.size;
  }

  /** Whether a message that answers `nonce` belongs to this auction. */
  hasRound(nonce: string): boolean {
    return this.#rounds.has(nonce);
  }

  /** Whether a round may bring machines that make room, which none has been asked for yet. */
  mayPreempt(): boolean {
    return this.#mayPreempt && this.#task.preempts !== true;
  }

  /** Calls again, with a task signed for the next round. */
  reopen(task: Task, at: Instant): void {
    this.#task = task;
    this.#openedAt = at;
    this.#collecting = true;
    this.#disappointed = false;
    this.#answered.clear();
    this.#rounds.add(task.nonce);
  }

  /** Takes a bid; one of a later round replaces the machine's earlier one. */
  offer(bid: Bid, at: Instant): void {
    this.#hear(bid.bidder);
    if (this.#offers.get(bid.bidder)?.bid.nonce === bid.nonce) return;
    this.#reasons.delete(bid.bidder);
    this.#offers.set(bid.bidder, { bid, at, used: 0 });
    if (this.#offers.size > this.#options.bidsMax) this.#forgetWorst();
  }

  /** Takes a machine's reason why it does not bid. */
  explain(machine: PeerId, filter: string): void {
    this.#hear(machine);
    this.#offers.delete(machine);
    this.#reasons.set(machine, filter);
  }

  /**
   * Whom to award what is still waiting; nothing if it is better to wait for more bids.
   *
   * @param promised - Pods of the same workload that this author, in any of its auctions, gave a
   *   machine since an instant, which its bid cannot know of.
   */
  choose(now: Instant, promised: (machine: PeerId, since: Instant) => number): Choice[] {
    if (this.#waiting.size === 0 || !this.#isReady(now)) return [];
    this.#collecting = false;
    const standings = [...this.#offers.values()].map(
      ({ bid, at, used }): Standing => ({ bid, used: Math.max(used, promised(bid.bidder, at)) }),
    );
    const { counts, unspread } = allot(this.#task, standings, this.#waiting.size, this.#placed);
    for (const machine of unspread) this.#reasons.set(machine, unspreadFilter);
    return [...counts].flatMap(([machine, count]) => this.#award(machine, count));
  }

  /** Notes that an award has been sent. */
  send(nonce: string, choice: Choice, sentAt: Instant): void {
    this.#flights.set(nonce, { ...choice, nonce, sentAt, repeated: false });
  }

  /** Awards that are due to be sent a second time: the first may have been lost. */
  repeat(now: Instant): Flight[] {
    const due = [...this.#flights.values()].filter(
      ({ sentAt, repeated }) => !repeated && elapsedMs(sentAt, now) >= this.#options.confirmMs / 2,
    );
    for (const flight of due) this.#flights.set(flight.nonce, { ...flight, repeated: true });
    return due;
  }

  /** Awards that nobody confirmed in time. */
  overdue(now: Instant): Flight[] {
    return [...this.#flights.values()].filter(
      ({ sentAt }) => elapsedMs(sentAt, now) >= this.#options.confirmMs,
    );
  }

  /** The machine has taken these pods of an award; returns those that were its to take. */
  confirm(nonce: string, uids: readonly string[]): readonly string[] {
    const flight = this.#flights.get(nonce);
    if (flight === undefined) return [];
    const taken = flight.uids.filter((uid) => uids.includes(uid));
    this.#placed.set(flight.machine, (this.#placed.get(flight.machine) ?? 0) + taken.length);
    this.#shrink(flight, uids);
    return taken;
  }

  /** The machine does not take these pods of an award: they wait again, and it is out. */
  takeBack(nonce: string, uids: readonly string[], filter?: string): void {
    const flight = this.#flights.get(nonce);
    if (flight === undefined) return;
    for (const uid of flight.uids) if (uids.includes(uid)) this.#waiting.add(uid);
    this.#offers.delete(flight.machine);
    this.#disappointed = true;
    if (filter !== undefined) this.#reasons.set(flight.machine, filter);
    this.#shrink(flight, uids);
  }

  /** A machine is gone: its bid and its awards with it. */
  lose(machine: PeerId): void {
    for (const { nonce, machine: awarded, uids } of this.#flights.values()) {
      if (awarded === machine) this.takeBack(nonce, uids);
    }
    this.#offers.delete(machine);
    this.#answered.add(machine);
  }

  /** Whether nothing more can come of this round: its time is over and its bids are used up. */
  isExhausted(now: Instant): boolean {
    const open = this.#collecting && !this.#isReady(now);
    return this.#waiting.size > 0 && this.#flights.size === 0 && !open;
  }

  /** Whether another round may bring what this one did not. */
  mayCallAgain(): boolean {
    const { round, explain, audience } = this.#task;
    if (round >= lastRound) return false;
    if (this.#disappointed) return true;
    const heardAll = this.#answered.size >= audience;
    return !(explain && callsAll(this.#task) && (heardAll || round > 0));
  }

  /** The instant at which something is due. */
  dueAt(now: Instant): Instant | undefined {
    const { windowMsMin, windowMsMax, confirmMs } = this.#options;
    const dues: Instant[] = [];
    if (this.#collecting) {
      const early = after(this.#openedAt, windowMsMin);
      dues.push(early > now ? early : after(this.#openedAt, windowMsMax));
    }
    for (const { sentAt, repeated } of this.#flights.values()) {
      dues.push(after(sentAt, repeated ? confirmMs : confirmMs / 2));
    }
    return dues.length === 0 ? undefined : dues.reduce((a, b) => (a < b ? a : b));
  }

  /** The best bids, best first. */
  bestBids(): readonly Bid[] {
    return [...this.#offers.values()]
      .map(({ bid }) => bid)
      .toSorted(bestFirst)
      .slice(0, bidsShown);
  }

  /** Whether to award now: everybody has answered, or time is up, or there is enough to choose. */
  #isReady(now: Instant): boolean {
    if (!this.#collecting) return true;
    const openMs = elapsedMs(this.#openedAt, now);
    const { audience } = this.#task;
    if (this.#answered.size >= audience || openMs >= this.#options.windowMsMax) return true;
    if (openMs < this.#options.windowMsMin) return false;
    let offered = 0;
    for (const { bid, used } of this.#offers.values()) offered += bid.scores.length - used;
    // In a small mesh every machine counts for the spread: one that is slow is waited for.
    const half = Math.min(bidsWanted(this.#task.count), audience) / 2;
    const enough = audience <= smallMeshMax ? audience : half;
    return offered >= this.#waiting.size && this.#offers.size >= enough;
  }

  #hear(machine: PeerId): void {
    this.#answered.add(machine);
    this.#known.add(machine);
  }

  #award(machine: PeerId, count: number): Choice[] {
    const offer = this.#offers.get(machine);
    if (offer === undefined) return [];
    const uids = [...this.#waiting].slice(0, count);
    for (const uid of uids) this.#waiting.delete(uid);
    offer.used += uids.length;
    return [{ machine, round: offer.bid.nonce, uids }];
  }

  #shrink(flight: Flight, settled: readonly string[]): void {
    const uids = flight.uids.filter((uid) => !settled.includes(uid));
    if (uids.length === 0) this.#flights.delete(flight.nonce);
    else this.#flights.set(flight.nonce, { ...flight, uids });
  }

  #forgetWorst(): void {
    const worst = [...this.#offers.values()]
      .map(({ bid }) => bid)
      .toSorted(bestFirst)
      .at(-1);
    if (worst !== undefined) this.#offers.delete(worst.bidder);
  }
}

function bestFirst(a: Bid, b: Bid): number {
  return (b.scores[0] ?? 0) - (a.scores[0] ?? 0) || (a.bidder < b.bidder ? -1 : 1);
}

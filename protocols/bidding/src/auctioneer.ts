import {
  assert,
  elapsedMs,
  type Instant,
  instantAt,
  type Now,
  type Random,
  unreachable,
} from "@beemesh/base";
import type { Signer, Verifier } from "@beemesh/ports";
import type { Entry, PeerId } from "@beemesh/wire";
import {
  Auction,
  type AuctionOptions,
  auctionDefaults,
  type Choice,
  type Flight,
} from "./auction.ts";
import { lastRound, smallMeshMax } from "./call.ts";
import type { AuctioneerEffect, AuctioneerEvent } from "./effect.ts";
import {
  type Award,
  awardLengthMax,
  type Bid,
  type BiddingMessage,
  podsMax,
  type Task,
} from "./message.ts";
import { newNonce, skewMsMax } from "./nonce-window.ts";
import { Promises } from "./promises.ts";
import { isSigned, sign } from "./signing.ts";

/** Auctions at once; beyond it a task fails and is asked for again later. */
const auctionsMax = 4096;

/** Thousands of auctions share one wake-up: each is looked at so much later at most. */
const gridMs = 5;

/** What an {@link Auctioneer} is made of. */
export interface AuctioneerSetup {
  readonly signer: Signer;
  readonly verifier: Verifier;
  readonly random: Random;
  readonly options?: Partial<AuctionOptions>;
}

interface Received {
  readonly from: PeerId;
  readonly message: Answer<"bid" | "explain" | "confirm" | "refuse">;
}

type Answer<Kind extends BiddingMessage["k"]> = Extract<BiddingMessage, { k: Kind }>;

/**
 * The author's side of bidding: runs any number of auctions at once.
 *
 * `now.wallMs` must be mesh time. What it publishes and sends to its own machine comes back to
 * the caller, who hands it to the {@link Bidder} there: a mesh of one machine works like any.
 */
export class Auctioneer {
  readonly #setup: AuctioneerSetup;
  readonly #options: AuctionOptions;
  readonly #auctions = new Map<string, Auction>();
  readonly #promises = new Promises();
  #effects: AuctioneerEffect[] = [];
  /** When the first of the auctions wants to be looked at. */
  #dueAt: Instant | undefined;
  #wakeAt: Instant | undefined;

  constructor(setup: AuctioneerSetup) {
    this.#setup = setup;
    this.#options = { ...auctionDefaults, ...setup.options };
    assert(this.#options.windowMsMin <= this.#options.windowMsMax, "the window has a length");
    assert(this.#options.confirmMs > 0, "a confirmation takes time");
  }

  /** Auctions under way. */
  get size(): number {
    return this.#auctions.size;
  }

  /** Whether an auction for the task is under way. */
  has(task: string): boolean {
    return this.#auctions.has(task);
  }

  /** Advances by one event and returns what must now be done. */
  step(event: AuctioneerEvent, now: Now): readonly AuctioneerEffect[] {
    this.#handle(event, now);
    this.#wake(now.at);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #handle(event: AuctioneerEvent, now: Now): void {
    switch (event.kind) {
      case "open":
        return this.#open(event, now);
      case "message":
        return this.#receive(event.from, event.message, now);
      case "cancel":
        return this.#cancel(event.task);
      case "lost":
        for (const auction of this.#auctions.values()) {
          auction.lose(event.peer);
          this.#advance(auction, now);
        }
        return;
      case "tick":
        this.#dueAt = undefined;
        for (const auction of this.#auctions.values()) this.#advance(auction, now);
        return;
      default:
        return unreachable(event);
    }
  }

  #open(event: Extract<AuctioneerEvent, { kind: "open" }>, now: Now): void {
    const { uids, entries, expectedBidders, mayPreempt = false } = event;
    assert(uids.length >= 1 && uids.length <= podsMax, "a task asks for 1 to podsMax pods");
    if (this.#auctions.has(event.task.id)) return;
    const audience = Math.max(1, expectedBidders);
    const task = this.#signTask(
      { ...event.task, count: uids.length, audience, round: 0, explain: audience <= smallMeshMax },
      now,
    );
    if (this.#auctions.size >= auctionsMax) {
      this.#effects.push({ kind: "failed", task, uids, reasons: new Map(), total: audience });
      return;
    }
    const proven = { uids, entries: sendable(entries), mayPreempt };
    const auction = new Auction(task, proven, this.#options, now.at);
    this.#auctions.set(task.id, auction);
    this.#effects.push({ kind: "publish", task });
    this.#plan(auction, now.at);
  }

  #receive(from: PeerId, message: BiddingMessage, now: Now): void {
    if (message.k === "task" || message.k === "award" || message.k === "revoke") return;
    const auction = this.#auctions.get(message.task);
    if (auction !== undefined) {
      this.#take(auction, { from, message }, now);
      this.#advance(auction, now);
    } else if (message.k === "confirm" && !this.#promises.isKept(message.award)) {
      // The auction is over: what is confirmed only now has gone to another.
      this.#revoke(from, message);
    }
  }

  #take(auction: Auction, { from, message }: Received, now: Now): void {
    switch (message.k) {
      case "bid":
        return this.#takeBid(auction, { from, bid: message }, now);
      case "explain":
        if (auction.hasRound(message.nonce)) auction.explain(from, message.filter);
        return;
      case "confirm":
        return this.#takeConfirmation(auction, from, message);
      case "refuse":
        if (auction.flights.get(message.award)?.machine !== from) return;
        return auction.takeBack(message.award, message.uids, message.filter);
      default:
        return unreachable(message);
    }
  }

  #takeBid(
    auction: Auction,
    { from, bid }: { readonly from: PeerId; readonly bid: Bid },
    now: Now,
  ): void {
    if (!auction.hasRound(bid.nonce) || Math.abs(now.wallMs - bid.wallMs) > skewMsMax) return;
    if (bid.bidder !== from || !isSigned(bid, this.#setup.verifier)) {
      this.#effects.push({ kind: "penalize", peer: from, reason: "bid not signed by its sender" });
      return;
    }
    auction.offer(bid, now.at);
  }

  #takeConfirmation(auction: Auction, from: PeerId, message: Answer<"confirm">): void {
    if (auction.flights.get(message.award)?.machine !== from) {
      if (!this.#promises.isKept(message.award)) this.#revoke(from, message);
      return;
    }
    const bids = auction.bestBids();
    for (const uid of auction.confirm(message.award, message.uids)) {
      this.#promises.keep(message.award);
      this.#effects.push({ kind: "awarded", task: auction.task, uid, machine: from, bids });
    }
  }

  /** Does what is due in one auction, and ends it if it is over. */
  #advance(auction: Auction, now: Now): void {
    for (const flight of auction.repeat(now.at)) this.#sendAward(auction, flight, now);
    for (const flight of auction.overdue(now.at)) this.#giveUp(auction, flight);
    const { workload } = auction.task;
    const choices = auction.choose(now.at, (machine, since) =>
      this.#promises.count(workload, machine, since),
    );
    for (const choice of choices) this.#award(auction, choice, now);
    if (auction.isDone) this.#close(auction, now);
    else if (auction.isExhausted(now.at)) this.#callAgain(auction, now);
    this.#plan(auction, now.at);
  }

  #award(auction: Auction, choice: Choice, now: Now): void {
    const nonce = newNonce(this.#setup.random);
    auction.send(nonce, choice, now.at);
    this.#promises.give(auction.task.workload, { ...choice, count: choice.uids.length }, now.at);
    this.#sendAward(auction, { nonce, ...choice }, now);
  }

  #sendAward(
    auction: Auction,
    { nonce, machine, round, uids }: Pick<Flight, "nonce" | "machine" | "round" | "uids">,
    now: Now,
  ): void {
    const award = sign<Award>(
      {
        k: "award",
        task: auction.task.id,
        round,
        nonce,
        author: this.#setup.signer.id,
        bidder: machine,
        wallMs: Math.round(now.wallMs),
        uids,
        entries: auction.entries,
      },
      this.#setup.signer,
    );
    this.#effects.push({ kind: "send", to: machine, message: award });
  }

  /** A machine that does not confirm loses the pods: somebody else may start them now. */
  #giveUp(auction: Auction, { nonce, machine, uids }: Flight): void {
    auction.takeBack(nonce, uids);
    this.#revoke(machine, { task: auction.task.id, award: nonce, uids });
    this.#observe("award.silent", { task: auction.task.id, machine });
  }

  #revoke(to: PeerId, { task, award, uids }: Omit<Answer<"revoke">, "k">): void {
    this.#effects.push({ kind: "send", to, message: { k: "revoke", task, award, uids } });
  }

  #callAgain(auction: Auction, now: Now): void {
    const isOrdinary = auction.mayCallAgain();
    if (!isOrdinary && !auction.mayPreempt()) {
      this.#fail(auction);
      return;
    }
    const { task: last } = auction;
    const next = isOrdinary
      ? { round: last.round + 1 }
      : { round: Math.max(last.round, lastRound) + 1, preempts: true as const };
    const count = auction.waiting.length;
    const task = this.#signTask({ ...last, count, explain: true, ...next }, now);
    auction.reopen(task, now.at);
    this.#effects.push({ kind: "publish", task });
    this.#observe("auction.widened", { task: task.id, round: task.round });
  }

  #fail(auction: Auction): void {
    const { task, reasons, waiting } = auction;
    this.#auctions.delete(task.id);
    // Where all are asked those who stay silent count as well; where some are, only these.
    const total =
      task.audience <= smallMeshMax ? Math.max(task.audience, auction.answers) : auction.answers;
    this.#effects.push({ kind: "failed", task, uids: waiting, reasons, total });
    this.#observe("auction.failed", { task: task.id, pods: waiting.length });
  }

  #close(auction: Auction, now: Now): void {
    const { id, round, workload } = auction.task;
    this.#auctions.delete(id);
    const tookMs = Math.round(elapsedMs(auction.startedAt, now.at));
    this.#observe("auction.awarded", { task: id, workload, rounds: round + 1, tookMs });
  }

  #cancel(id: string): void {
    const auction = this.#auctions.get(id);
    if (auction === undefined) return;
    this.#auctions.delete(id);
    for (const { nonce, machine, uids } of auction.flights.values()) {
      this.#revoke(machine, { task: id, award: nonce, uids });
    }
  }

  #signTask(draft: Omit<Task, "k" | "author" | "nonce" | "wallMs" | "signature">, now: Now): Task {
    const { id, workload, reason, count, requirements, priority, digest } = draft;
    const { round, explain, audience, preempts } = draft;
    const resort = preempts === undefined ? {} : { preempts };
    const { signer, random } = this.#setup;
    const origin = { author: signer.id, nonce: newNonce(random), wallMs: Math.round(now.wallMs) };
    const wanted = { id, workload, reason, count, requirements, priority, digest };
    const call = { round, explain, audience, ...resort };
    return sign<Task>({ k: "task", ...origin, ...wanted, ...call }, signer);
  }

  #observe(event: string, facts: Readonly<Record<string, string | number | boolean>>): void {
    this.#effects.push({ kind: "observe", event, facts });
  }

  /** Notes when an auction wants to be looked at. */
  #plan(auction: Auction, now: Instant): void {
    if (!this.#auctions.has(auction.task.id)) return;
    const due = auction.dueAt(now);
    if (due !== undefined && (this.#dueAt === undefined || due < this.#dueAt)) this.#dueAt = due;
  }

  #wake(now: Instant): void {
    if (this.#dueAt === undefined) return;
    const late = Math.max(this.#dueAt, now + 1);
    const at = instantAt(Math.ceil(late / gridMs) * gridMs);
    const standing = this.#wakeAt;
    if (standing !== undefined && standing > now && standing <= at) return;
    this.#wakeAt = at;
    this.#effects.push({ kind: "wake", at });
  }
}

/** Entries that fit into an award; those of huge workloads the machine has to ask for. */
function sendable(entries: readonly Entry[]): readonly Entry[] {
  const length = entries.reduce((sum, { body }) => sum + body.length, 0);
  return length <= awardLengthMax ? entries : [];
}

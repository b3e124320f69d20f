import { after, type Instant, type Now, type Random, unreachable } from "@beemesh/base";
import type { Signer, Verifier } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import { isCalled, mustExplain, smallMeshMax } from "./call.ts";
import type { BidderEffect, BidderEvent } from "./effect.ts";
import { type Fit, fit, marginalScores } from "./fit.ts";
import { Leases } from "./leases.ts";
import type { MachineOffer } from "./machine-offer.ts";
import type { Award, Bid, BiddingMessage, Task } from "./message.ts";
import { NonceWindow } from "./nonce-window.ts";
import { preemptingScores } from "./preemption.ts";
import { isSigned, sign } from "./signing.ts";

/** How long an award to a bid may take: more than the author's three rounds. */
const taskMs = 5000;
/** Tasks and awards that are remembered; the oldest is forgotten when one more arrives. */
const tasksMax = 8192;
const awardsMax = 4096;
/** The worst bid of a large mesh waits so long, the best not at all. */
const delayMsMax = 90;
/** How long a machine may take to start what it accepted. */
const leaseMs = 2000;
/** Pods leased at once; beyond it the machine is busy enough. */
const leasesMax = 512;

/** What a {@link Bidder} is made of. */
export interface BidderSetup {
  readonly signer: Signer;
  readonly verifier: Verifier;
  readonly random: Random;
  /**
   * Whether a pod of an award may run here: signatures of its entries, who may author what. Gives
   * the reason if not. Without it every pod of a signed award may.
   */
  readonly admit?: (uid: string, award: Award) => string | undefined;
}

interface Seen {
  readonly task: Task;
  /** Until when an award is believed. */
  readonly until: Instant;
}

type Revocation = Extract<BiddingMessage, { k: "revoke" }>;

/** What became of an award, to say it again if it comes again. */
interface Settled {
  readonly award: Award;
  readonly taken: readonly string[];
  readonly refused: readonly string[];
  readonly filter: string;
}

/**
 * A machine's side of bidding: answers tasks that fit, keeps capacity for what it is awarded.
 *
 *     task seen ──fits──▶ bid sent ──award──▶ leased ──started──▶ running
 *                                                └── released, revoked, expired ──▶ free
 *
 * `now.wallMs` must be mesh time; the offer is what the machine has at this moment without the
 * leases, which the bidder takes off itself.
 */
export class Bidder {
  readonly #setup: BidderSetup;
  readonly #window = new NonceWindow();
  readonly #leases = new Leases();
  /** Rounds of tasks by nonce, oldest first. */
  readonly #seen = new Map<string, Seen>();
  readonly #settled = new Map<string, Settled>();
  #effects: BidderEffect[] = [];
  #wakeAt: Instant | undefined;
  /** Bids still to be made, and when. */
  readonly #delayed = new Map<Task, Instant>();

  constructor(setup: BidderSetup) {
    this.#setup = setup;
  }

  /** Pods that capacity is kept for. */
  get leased(): number {
    return this.#leases.size;
  }

  /** Advances by one event and returns what must now be done. */
  step(event: BidderEvent, now: Now, offer: MachineOffer): readonly BidderEffect[] {
    switch (event.kind) {
      case "message":
        this.#receive(event.from, event.message, { now, offer });
        break;
      case "started":
      case "released":
        this.#leases.end(event.uid);
        break;
      case "tick":
        this.#tick(now, offer);
        break;
      default:
        unreachable(event);
    }
    this.#wake(now.at);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #receive(from: PeerId, message: BiddingMessage, moment: Moment): void {
    if (message.k === "task") this.#hearTask(from, message, moment);
    if (message.k === "award") this.#hearAward(from, message, moment);
    if (message.k === "revoke") this.#hearRevoke(from, message, moment.now);
  }

  #hearTask(from: PeerId, task: Task, { now, offer }: Moment): void {
    if (task.author !== from) return this.#penalize(from, "task not by its sender");
    if (!this.#window.admit(task.nonce, task.wallMs, now)) return;
    if (!isSigned(task, this.#setup.verifier)) return this.#penalize(from, "task not signed");
    const called = isCalled(task, this.#setup.random);
    const verdict = this.#verdict(task, offer);
    if (!verdict.ok) {
      if (mustExplain(task, this.#setup.random)) this.#explain(task, verdict.filter);
      return;
    }
    if (!called) return;
    this.#seen.set(task.nonce, { task, until: after(now.at, taskMs) });
    this.#forgetTasks(now.at);
    const delayMs = task.audience <= smallMeshMax ? 0 : (1 - verdict.score) * delayMsMax;
    if (delayMs < 1) this.#bid(task, { now, offer });
    else this.#delayed.set(task, after(now.at, delayMs));
  }

  /** Bids what fits now: since the task came capacity may have gone. */
  #bid(task: Task, { now, offer }: Moment): void {
    const { id, author, nonce, requirements, workload, count } = task;
    const machine = this.#leases.takenFrom(offer);
    const fitting = marginalScores(requirements, machine, workload, count);
    const scores = fitting.length === 0 ? this.#preempting(task, offer) : fitting;
    if (scores.length === 0) return;
    const { signer } = this.#setup;
    const domains = domainsOf(task, offer);
    const wallMs = Math.round(now.wallMs);
    const bid = sign<Bid>(
      { k: "bid", task: id, nonce, bidder: signer.id, wallMs, scores, domains },
      signer,
    );
    this.#effects.push({ kind: "send", to: author, message: bid });
  }

  /** Whether a pod of the task may come here, be it into the place of others. */
  #verdict(task: Task, offer: MachineOffer): Fit {
    const verdict = fit(task.requirements, this.#leases.takenFrom(offer), task.workload);
    if (verdict.ok) return verdict;
    const [score] = this.#preempting({ ...task, count: 1 }, offer);
    return score === undefined ? verdict : { ok: true, score };
  }

  #preempting(task: Task, offer: MachineOffer): readonly number[] {
    if (task.preempts !== true || offer.occupancy === undefined) return [];
    return preemptingScores(task, this.#leases.takenFrom(offer), offer.occupancy());
  }

  #explain({ id, author, nonce }: Task, filter: string): void {
    const message = { k: "explain", task: id, nonce, filter } as const;
    this.#effects.push({ kind: "send", to: author, message });
  }

  #hearAward(from: PeerId, award: Award, moment: Moment): void {
    const { signer, verifier } = this.#setup;
    if (award.author !== from || award.bidder !== signer.id) {
      return this.#penalize(from, "award not by its sender or not for this machine");
    }
    const settled = this.#settled.get(award.nonce);
    if (settled !== undefined) {
      if (settled.award.author === from) this.#answer(settled);
      return;
    }
    const task = this.#taskOf(award, moment.now.at);
    if (task === undefined) return this.#refuseUnknown(award);
    if (!isSigned(award, verifier)) return this.#penalize(from, "award not signed");
    if (!this.#window.admit(award.nonce, award.wallMs, moment.now)) return;
    this.#settle(award, task, moment);
  }

  /** The task that an award is for, if this machine heard it of the same author of late. */
  #taskOf(award: Award, at: Instant): Task | undefined {
    const seen = this.#seen.get(award.round);
    if (seen === undefined || seen.until <= at || seen.task.author !== award.author)
      return undefined;
    const matches = seen.task.id === award.task && award.uids.length <= seen.task.count;
    return matches ? seen.task : undefined;
  }

  /** Takes as many pods of the award as still fit, and keeps capacity for them. */
  #settle(award: Award, task: Task, { now, offer }: Moment): void {
    const taken: string[] = [];
    const refused: string[] = [];
    const fresh: string[] = [];
    let filter = "";
    for (const uid of award.uids) {
      const reason = this.#judge(uid, { award, task, offer });
      if (reason !== undefined) {
        refused.push(uid);
        filter = reason;
        continue;
      }
      taken.push(uid);
      if (this.#leases.has(uid)) continue;
      fresh.push(uid);
      const { workload, requirements } = task;
      const until = after(now.at, leaseMs);
      this.#leases.add({ uid, award: award.nonce, workload, requirements, until });
    }
    const settled: Settled = { award, taken, refused, filter };
    this.#settled.set(award.nonce, settled);
    forgetOldest(this.#settled, awardsMax);
    this.#answer(settled);
    if (fresh.length > 0) this.#effects.push({ kind: "accepted", award, uids: fresh });
  }

  /** Why a pod cannot be taken; undefined if it can. */
  #judge(
    uid: string,
    { award, task, offer }: { readonly award: Award; readonly task: Task; offer: MachineOffer },
  ): string | undefined {
    if (this.#leases.has(uid)) return undefined;
    if (this.#leases.size >= leasesMax) return "Too many pods";
    const verdict = this.#verdict(task, offer);
    if (!verdict.ok) return verdict.filter;
    const objection = this.#setup.admit?.(uid, award);
    if (objection !== undefined) {
      this.#observe("award.inadmissible", { task: award.task, uid, objection });
    }
    return objection;
  }

  #answer({ award, taken, refused, filter }: Settled): void {
    const about = { task: award.task, award: award.nonce };
    const to = award.author;
    if (taken.length > 0) {
      const message = { k: "confirm", ...about, uids: taken } as const;
      this.#effects.push({ kind: "send", to, message });
    }
    if (refused.length > 0) {
      const message = { k: "refuse", ...about, uids: refused, filter } as const;
      this.#effects.push({ kind: "send", to, message });
    }
  }

  /** An award for a task that this machine does not remember: it did not bid, or long ago. */
  #refuseUnknown(award: Award): void {
    const filter = "node(s) didn't answer in time";
    this.#answer({ award, taken: [], refused: award.uids, filter });
  }

  #hearRevoke(from: PeerId, { award: nonce, uids }: Revocation, now: Now): void {
    const settled = this.#settled.get(nonce);
    if (settled === undefined) {
      // It overtook its award: when that comes, its nonce is spent. Nobody else knows the nonce.
      this.#window.admit(nonce, now.wallMs, now);
      return;
    }
    if (settled.award.author !== from) return;
    const revoked = settled.taken.filter((uid) => uids.includes(uid));
    const taken = settled.taken.filter((uid) => !uids.includes(uid));
    const refused = [...settled.refused, ...revoked];
    this.#settled.set(nonce, {
      ...settled,
      taken,
      refused,
      filter: "node(s) didn't answer in time",
    });
    for (const uid of revoked) this.#leases.end(uid);
    if (revoked.length === 0) return;
    this.#effects.push({ kind: "revoked", award: settled.award, uids: revoked });
  }

  #tick(now: Now, offer: MachineOffer): void {
    for (const { uid } of this.#leases.expire(now.at)) {
      this.#effects.push({ kind: "expired", uid });
      this.#observe("lease.expired", { uid });
    }
    for (const [task, at] of this.#delayed) {
      if (at > now.at) continue;
      this.#delayed.delete(task);
      this.#bid(task, { now, offer });
    }
  }

  #forgetTasks(now: Instant): void {
    for (const [nonce, { task, until }] of this.#seen) {
      if (until > now && this.#seen.size <= tasksMax) return;
      this.#delayed.delete(task);
      this.#seen.delete(nonce);
    }
  }

  #penalize(peer: PeerId, reason: string): void {
    this.#effects.push({ kind: "penalize", peer, reason });
  }

  #observe(event: string, facts: Readonly<Record<string, string | number | boolean>>): void {
    this.#effects.push({ kind: "observe", event, facts });
  }

  #wake(now: Instant): void {
    let due = this.#leases.dueAt();
    for (const at of this.#delayed.values()) if (due === undefined || at < due) due = at;
    const standing = this.#wakeAt;
    if (due === undefined || (standing !== undefined && standing > now && standing <= due)) return;
    this.#wakeAt = due;
    this.#effects.push({ kind: "wake", at: due });
  }
}

/** The time, and what the machine has at that time. */
interface Moment {
  readonly now: Now;
  readonly offer: MachineOffer;
}

function domainsOf({ requirements }: Task, { labels }: MachineOffer): Record<string, string> {
  return Object.fromEntries(
    requirements.spread.flatMap(({ key }) => {
      const value = labels[key];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

function forgetOldest(map: Map<string, unknown>, sizeMax: number): void {
  if (map.size <= sizeMax) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

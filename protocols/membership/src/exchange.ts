import { elapsedMs, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { Context } from "./context.ts";
import { isLive, type Member } from "./member.ts";
import {
  type MembershipMessage,
  type Outline,
  partsCount,
  recordsMax,
  type Statement,
  statementOf,
} from "./message.ts";
import { ringSize } from "./ring.ts";
import { digestOf, partsOf } from "./view.ts";

type ExchangeMessage = Extract<MembershipMessage, { k: "tree" | "view" | "want" }>;

/** Live members of a range that are listed one by one rather than compared by digest. */
const listedMax = 24;
/** Statements in answer to one list: what a newcomer to a large mesh is told at once. */
const answerMax = 1024;
/** Between two comparisons that this machine begins. */
const pauseMs = 500;
/** News is under way as long as our own view changes: wait until it has been quiet for this. */
const quietMs = 800;
/** However restless the mesh is, a disagreement that lasts this long is looked into. */
const disagreementMsMax = 3000;

/**
 * Finds and mends the difference between two machines' views (anti-entropy), so that what was
 * lost by pub/sub is learnt all the same.
 *
 * Both views are compared as digests of ranges of the ring, split further where they differ and
 * listed where few members are left; only what differs is sent in full. The cost is that of the
 * difference, times the logarithm of the mesh.
 */
export class Exchange {
  readonly #context: Context;
  #begunAt: Instant | undefined;
  #digest = "";
  #changedAt: Instant | undefined;
  #agreedAt: Instant | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Compares the digest of a peer's heartbeat with ours, and begins an exchange if it is time. */
  compare(peer: PeerId, digest: string, now: Instant): void {
    const { view, self } = this.#context;
    if (view.digest !== this.#digest) {
      this.#digest = view.digest;
      this.#changedAt = now;
    }
    if (digest === view.digest) {
      this.#agreedAt = now;
      return;
    }
    // Of two that disagree the one with the smaller id begins, the other only if nothing happens.
    const patienceMs = self < peer ? quietMs : 2 * quietMs;
    const restless = elapsedMs(this.#changedAt ?? now, now) < patienceMs;
    const lasting = elapsedMs((this.#agreedAt ??= now), now) > disagreementMsMax;
    if (restless && !lasting) return;
    this.#begin(peer, now);
  }

  /** A new connection to somebody who disagrees: who knows less asks, and asks one at a time. */
  greet(peer: PeerId, digest: string, count: number, now: Instant): void {
    const { view, self } = this.#context;
    if (digest === view.digest || count < view.live.size) return;
    if (count > view.live.size || self < peer) this.#begin(peer, now);
  }

  /** Begins an exchange over the whole ring. */
  #begin(peer: PeerId, now: Instant): void {
    if (this.#begunAt !== undefined && elapsedMs(this.#begunAt, now) < pauseMs) return;
    this.#begunAt = now;
    this.#describe(peer, 0, ringSize);
  }

  /** Answers a message of a peer's exchange. */
  receive(from: PeerId, message: ExchangeMessage): void {
    if (message.k === "tree") this.#compareTree(from, message);
    else if (message.k === "view") this.#compareList(from, message);
    else this.#answerWant(from, message.i);
  }

  /** Sends statements in as many messages as it takes. */
  tell(to: PeerId, statements: readonly Statement[]): void {
    for (let start = 0; start < statements.length; start += recordsMax) {
      this.#context.out.send(to, { k: "news", m: statements.slice(start, start + recordsMax) });
    }
  }

  /** A peer's digests of the parts of a range: describe the parts that differ. */
  #compareTree(from: PeerId, tree: Extract<ExchangeMessage, { k: "tree" }>): void {
    const { view } = this.#context;
    for (const [index, [low, high]] of partsOf(tree.l, tree.h, partsCount).entries()) {
      const own = view.within(low, high);
      if (digestOf(own) === tree.d[index]) continue;
      // A range that splits no further holds too many members only by an accident of hashing.
      if (own.length <= listedMax || high - low < partsCount) this.#list(from, low, high);
      else this.#describe(from, low, high);
    }
  }

  /** A peer's list of a range: tell what it lacks, ask for what we lack. */
  #compareList(from: PeerId, list: Extract<ExchangeMessage, { k: "view" }>): void {
    const { view } = this.#context;
    const listed = new Map(list.m.map((outline) => [outline[0], outline]));
    const lacking = view.within(list.l, list.h).filter(({ id }) => !listed.has(id));
    const wanted: PeerId[] = [];
    for (const [id, outline] of listed) {
      const own = view.get(id);
      if (own === undefined || isNewer(outline, own)) wanted.push(id);
      else if (isOlder(outline, own)) lacking.push(own);
    }
    this.tell(from, lacking.slice(0, answerMax).map(statementOf));
    if (wanted.length > 0) this.#context.out.send(from, { k: "want", i: wanted });
  }

  /** Sends what is known of the wanted machines. */
  #answerWant(from: PeerId, ids: readonly PeerId[]): void {
    const members = ids.flatMap((id) => this.#context.view.get(id) ?? []);
    this.tell(from, members.map(statementOf));
  }

  #describe(peer: PeerId, low: number, high: number): void {
    const { view, out } = this.#context;
    if (low === 0 && high === ringSize && view.live.size <= listedMax) this.#list(peer, low, high);
    else out.send(peer, { k: "tree", l: low, h: high, d: view.digests(low, high, partsCount) });
  }

  #list(peer: PeerId, low: number, high: number): void {
    const { view, out } = this.#context;
    const outlines = view
      .within(low, high)
      .slice(0, recordsMax)
      .map(({ id, incarnation, startedMs }): Outline => [id, incarnation, startedMs]);
    out.send(peer, { k: "view", l: low, h: high, m: outlines });
  }
}

/** Whether a live member as a peer lists it would change what we hold. */
function isNewer([, incarnation, startedMs]: Outline, own: Member): boolean {
  if (incarnation !== own.incarnation) return incarnation > own.incarnation;
  return isLive(own) && startedMs > own.startedMs;
}

/** Whether what we hold would change what a peer lists as alive. */
function isOlder([, incarnation, startedMs]: Outline, own: Member): boolean {
  if (incarnation !== own.incarnation) return incarnation < own.incarnation;
  return !isLive(own) || startedMs < own.startedMs;
}

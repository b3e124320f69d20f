import { after, elapsedMs, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { type Context, change } from "./context.ts";
import { isLive } from "./member.ts";

/** Peers that wait for a word about another; beyond this the oldest question is dropped. */
const questionsMax = 64;
/** Members that are asked about a silent one. */
const helpersCount = 4;

interface Doubt {
  /** When the machine is given up. */
  readonly until: Instant;
  /** A sign of life from then on ends the doubt. */
  readonly since: Instant;
  /** Whether this machine found the silence itself, and therefore tells the others. */
  readonly own: boolean;
}

/** A machine that is to be held dead. */
export interface Loss {
  readonly id: PeerId;
  /** Whether this machine found out itself. */
  readonly own: boolean;
}

interface Question {
  readonly asker: PeerId;
  readonly about: PeerId;
  readonly until: Instant;
}

/**
 * Finds out who is no longer there.
 *
 * Like a night watchman who hears nothing from the next post: first ask around whether anybody
 * else does, and only then raise the alarm. Somebody who slept on duty himself does not
 * accuse others of silence before he has listened again.
 *
 *     watched ──silent or cut off──▶ doubted ──nobody heard──▶ dead
 *        ▲                              │
 *        └────── a sign of life ────────┘
 */
export class Detector {
  readonly #context: Context;
  /** The newest sign of life, direct or by others' word. Voided when a connection breaks. */
  readonly #heardAt = new Map<PeerId, Instant>();
  /** Whom this machine watches, and from when on it could have heard of each. */
  readonly #watched = new Map<PeerId, Instant>();
  readonly #doubts = new Map<PeerId, Doubt>();
  #questions: Question[] = [];
  /** Nothing is due before; found anew by {@link look}. */
  #dueAt: Instant | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Sets whom to watch: those that are new get the whole time to be heard of. */
  watch(ids: readonly PeerId[], now: Instant): void {
    for (const id of this.#watched.keys()) if (!ids.includes(id)) this.#watched.delete(id);
    for (const id of ids) if (!this.#watched.has(id)) this.#watched.set(id, now);
    this.look();
  }

  /** Takes a sign of life that is as old as `at`. */
  hear(id: PeerId, at: Instant): void {
    const before = this.#heardAt.get(id);
    if (before === undefined || at > before) this.#heardAt.set(id, at);
    const doubt = this.#doubts.get(id);
    if (doubt !== undefined && at >= doubt.since) this.trust(id);
    if (this.#questions.length > 0) this.#answer(id, at);
  }

  /** Takes another's word for a sign of life; of use only where there is a doubt. */
  hearWord(id: PeerId, at: Instant): void {
    if (this.#doubts.has(id)) this.hear(id, at);
  }

  /** Ends any doubt about a machine. */
  trust(id: PeerId): void {
    if (!this.#doubts.delete(id)) return;
    const member = this.#context.view.get(id);
    if (member?.state === "suspect") change(this.#context, { ...member, state: "alive" });
  }

  /** Forgets a machine that is no longer live. */
  drop(id: PeerId): void {
    this.#doubts.delete(id);
    this.#heardAt.delete(id);
    this.#watched.delete(id);
  }

  /** Whether this machine heard another so lately that its death is hard to believe. */
  hasHeard(id: PeerId, now: Instant): boolean {
    const at = this.#heardAt.get(id);
    return at !== undefined && elapsedMs(at, now) <= this.#recentMs;
  }

  /** The connection broke: what was heard before counts no more. Whom we watch, we doubt. */
  cut(id: PeerId, now: Instant): void {
    this.#heardAt.delete(id);
    const doubt = this.#doubts.get(id);
    if (doubt !== undefined) this.#doubts.set(id, { ...doubt, since: now });
    else if (this.#watched.has(id)) this.#doubt(id, { now, since: now });
  }

  /** Others say that the machine is dead: give it time to object. */
  doubtWord(id: PeerId, patienceMs: number, now: Instant): void {
    if (this.#doubts.has(id)) return;
    const until = after(now, patienceMs);
    this.#suspect(id, { until, since: now, own: false });
  }

  /** This machine stood still: whatever silence it sees may be its own. */
  wakeUp(now: Instant): void {
    const { silenceMs, heartbeatMs, objectionMs } = this.#context.options;
    const listening = after(now, heartbeatMs + 100 - silenceMs);
    for (const id of this.#watched.keys()) this.#watched.set(id, listening);
    for (const [id, doubt] of this.#doubts) {
      if (doubt.own) this.trust(id);
      else this.#doubts.set(id, { ...doubt, until: after(now, objectionMs) });
    }
    this.look();
  }

  /** Somebody asks for a machine: answer, or ask it and answer later. */
  ask(asker: PeerId, about: PeerId, maxAgeMs: number, now: Instant): void {
    const { out, view, self, options } = this.#context;
    const at = about === self ? now : this.#heardAt.get(about);
    if (at !== undefined && elapsedMs(at, now) <= maxAgeMs) {
      out.send(asker, { k: "heard", i: about, a: Math.round(elapsedMs(at, now)) });
      return;
    }
    const member = view.get(about);
    if (member === undefined || !isLive(member)) return;
    this.#questions = this.#questions.filter(({ until }) => until > now).slice(1 - questionsMax);
    this.#questions.push({ asker, about, until: after(now, options.confirmMs) });
    out.send(about, { k: "hb", d: view.digest, q: 1 });
  }

  /** Does what is due, and returns who is now to be held dead, with whether we found it out. */
  tick(now: Instant): readonly Loss[] {
    if (this.#dueAt === undefined || now < this.#dueAt) return [];
    for (const [id, since] of this.#watched) {
      if (!this.#doubts.has(id) && now >= this.#silentAt(id, since)) {
        this.#doubt(id, { now, since: after(now, -this.#recentMs) });
      }
    }
    const losses: Loss[] = [];
    for (const [id, { until, own }] of this.#doubts) if (now >= until) losses.push({ id, own });
    for (const { id } of losses) this.#doubts.delete(id);
    this.look();
    return losses;
  }

  /** When the next tick has something to do; undefined if nothing is watched or doubted. */
  get dueAt(): Instant | undefined {
    return this.#dueAt;
  }

  /**
   * Finds out when something is due. Signs of life only put that off, so that it is enough to
   * look again with each heartbeat.
   */
  look(): void {
    let due: Instant | undefined;
    for (const [id, since] of this.#watched) {
      const at = this.#doubts.has(id) ? undefined : this.#silentAt(id, since);
      if (at !== undefined && (due === undefined || at < due)) due = at;
    }
    for (const { until } of this.#doubts.values()) {
      if (due === undefined || until < due) due = until;
    }
    this.#dueAt = due;
  }

  /** Others must have heard of a living machine within this time: one heartbeat, and some. */
  get #recentMs(): number {
    return this.#context.options.heartbeatMs + 100;
  }

  /** When the silence of a machine that is watched since `since` becomes suspicious. */
  #silentAt(id: PeerId, since: Instant): Instant {
    const heard = this.#heardAt.get(id) ?? since;
    return after(heard > since ? heard : since, this.#context.options.silenceMs);
  }

  /** Starts to doubt a silent machine: asks it, and those who should have heard of it. */
  #doubt(id: PeerId, { now, since }: { readonly now: Instant; readonly since: Instant }): void {
    const { out, view, options } = this.#context;
    this.#suspect(id, { until: after(now, options.confirmMs), since, own: true });
    const maxAgeMs = elapsedMs(since, now);
    for (const helper of this.#helpers(id)) out.send(helper, { k: "who", i: id, a: maxAgeMs });
    out.send(id, { k: "hb", d: view.digest, q: 1 });
    out.observe("member.suspected", { member: id });
  }

  #suspect(id: PeerId, doubt: Doubt): void {
    const member = this.#context.view.get(id);
    if (member === undefined || !isLive(member)) return;
    this.#doubts.set(id, doubt);
    this.look();
    if (member.state === "alive") change(this.#context, { ...member, state: "suspect" });
  }

  /** The other watchers of a machine first, for they should know; then anybody. */
  #helpers(id: PeerId): Set<PeerId> {
    const { view, self, random, options } = this.#context;
    const helpers = new Set(view.live.after(id, options.watchersCount));
    helpers.delete(self);
    for (let tries = 0; tries < 2 * helpersCount && helpers.size < helpersCount; tries += 1) {
      const helper = view.live.at(random.below(Math.max(1, view.live.size)));
      if (helper !== undefined && helper !== self && helper !== id) helpers.add(helper);
    }
    return helpers;
  }

  #answer(id: PeerId, at: Instant): void {
    for (const { asker, about, until } of this.#questions) {
      if (about !== id || at > until) continue;
      this.#context.out.send(asker, { k: "heard", i: id, a: 0 });
    }
    this.#questions = this.#questions.filter(({ about }) => about !== id);
  }
}

import { after, elapsedMs, type Instant, type Now, type Random, unreachable } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import {
  type Context,
  checkOptions,
  type MembershipOptions,
  membershipDefaults,
} from "./context.ts";
import { Detector } from "./detector.ts";
import { type MembershipEffect, type MembershipEvent, Outbox } from "./effect.ts";
import { Exchange } from "./exchange.ts";
import { Graveyard } from "./graveyard.ts";
import { isLive, type Member } from "./member.ts";
import { MeshClock } from "./mesh-clock.ts";
import { type Heartbeat, type MembershipMessage, statementOf } from "./message.ts";
import { News } from "./news.ts";
import { PeerRate } from "./peer-rate.ts";
import { Redial } from "./redial.ts";
import { View } from "./view.ts";

/** Every so many heartbeats one carries the clock: every ten seconds. */
const clockEvery = 25;
/** The first heartbeats all do, so that a newcomer soon knows the time. */
const clockFirst = 3;
/** In a large mesh, every so many heartbeats one goes to a random peer: every two seconds. */
const strangerEvery = 5;
/** A machine corrects its own time of birth by no less, and no oftener. */
const rebirthMs = 60_000;

/** What a {@link Membership} is made of. */
export interface MembershipSetup {
  /** This machine; `startedMs` by its own wall clock, `incarnation` higher than ever before. */
  readonly self: Member;
  /** Machines known from an earlier life; they are dialled. */
  readonly known?: Iterable<Member>;
  readonly random: Random;
  readonly options?: Partial<MembershipOptions>;
}

/**
 * Who is in the mesh, at constant cost for each machine.
 *
 * Each machine sends a heartbeat to the few that follow it on a ring of hashed ids. When these
 * hear nothing they ask around, and if nobody has heard either, they tell everybody. A machine
 * that hears itself called dead says otherwise, with a higher incarnation. Heartbeats carry a
 * digest of the sender's view, so that any disagreement is found and mended.
 */
export class Membership {
  readonly #context: Context;
  readonly #detector: Detector;
  readonly #exchange: Exchange;
  readonly #news: News;
  readonly #graveyard: Graveyard;
  readonly #redial: Redial;
  readonly #clock = new MeshClock();
  readonly #rate: PeerRate;
  readonly #connected = new Set<PeerId>();
  #state: "new" | "running" | "stopped" = "new";
  #bornAt: Instant | undefined;
  #heartbeatAt: Instant | undefined;
  #wakeAt: Instant | undefined;
  #heartbeats = 0;

  constructor({ self, known = [], random, options }: MembershipSetup) {
    const settings = { ...membershipDefaults, ...options };
    checkOptions(settings);
    const out = new Outbox();
    const view = new View();
    const moved = new Set<PeerId>();
    this.#context = { self: self.id, view, out, random, options: settings, moved };
    this.#detector = new Detector(this.#context);
    this.#exchange = new Exchange(this.#context);
    this.#graveyard = new Graveyard(this.#context);
    this.#redial = new Redial(this.#context);
    this.#rate = new PeerRate(out);
    this.#news = new News(this.#context, this.#detector, this.#exchange);
    view.put({ ...self, state: "alive" });
    for (const member of known) {
      // Of what it knew before it has no proof: any word that the machine lives is better.
      if (member.id === self.id || member.state === "left") continue;
      view.put({ ...member, incarnation: 0, state: "dead" });
      moved.add(member.id);
    }
  }

  /** Every machine known, this one included, the dead and those who left as well. */
  members(): ReadonlyMap<PeerId, Member> {
    return this.#context.view.members;
  }

  /** The machines that count as there, this one included, in the order of their ring positions. */
  alive(): readonly Member[] {
    return this.#context.view.all();
  }

  /** This machine, with the incarnation to save for the next boot. */
  self(): Member {
    return this.#news.self();
  }

  /** Milliseconds to add to this machine's wall clock to get mesh time; mostly 0. */
  meshOffsetMs(now: Now): number {
    return this.#clock.offsetMs(now, this.#uptimeMs(now));
  }

  /** Advances by one event and returns what must now be done. */
  step(event: MembershipEvent, now: Now): readonly MembershipEffect[] {
    if (this.#state === "stopped") return [];
    if (event.kind === "start") this.#start(now);
    if (this.#state === "new") return [];
    this.#noticeStall(now.at);
    this.#handle(event, now);
    if (this.#state === "running") {
      this.#beat(now);
      this.#giveUp(now.at);
      this.#follow(now.at);
      this.#wake(now.at);
    }
    return this.#context.out.take();
  }

  #start(now: Now): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    const { random, options } = this.#context;
    const { startedMs } = this.#news.self();
    this.#bornAt = after(now.at, -Math.max(0, now.wallMs - startedMs));
    this.#heartbeatAt = after(now.at, random.below(options.heartbeatMs));
  }

  #handle(event: MembershipEvent, now: Now): void {
    switch (event.kind) {
      case "start":
      case "tick":
        return;
      case "connected":
        return this.#meet(event.peer, now);
      case "disconnected":
        this.#connected.delete(event.peer);
        return this.#detector.cut(event.peer, now.at);
      case "message":
        return this.#receive(event.from, event.message, now);
      case "broadcast":
        if (event.message.k === "news") {
          this.#news.learn(event.message, { from: event.from, direct: false, at: now.at });
        }
        if (event.message.k === "dare") this.#news.answerDare(event.message.m);
        return;
      case "addresses":
        return this.#news.renew({ addresses: event.addresses });
      case "stop":
        return this.#leave();
      default:
        return unreachable(event);
    }
  }

  #receive(from: PeerId, message: MembershipMessage, now: Now): void {
    if (!this.#rate.permits(from, message.k === "hb" ? 1 : 4, now.at)) return;
    const sender = this.#context.view.get(from);
    if (sender !== undefined && isLive(sender)) this.#detector.hear(from, now.at);
    this.#dispatch(from, message, now);
  }

  #dispatch(from: PeerId, message: MembershipMessage, now: Now): void {
    switch (message.k) {
      case "hb":
        return this.#hearHeartbeat(from, message, now);
      case "who":
        return this.#detector.ask(from, message.i, message.a, now.at);
      case "heard":
        return this.#detector.hearWord(message.i, after(now.at, -message.a));
      case "news":
        return this.#news.learn(message, { from, direct: true, at: now.at });
      case "dare":
        return this.#news.answerDare(message.m);
      case "tree":
      case "view":
      case "want":
        return this.#exchange.receive(from, message);
      default:
        return unreachable(message);
    }
  }

  /** A connection: strangers introduce themselves, and both say how much they know. */
  #meet(peer: PeerId, now: Now): void {
    const { view, out } = this.#context;
    this.#connected.add(peer);
    const known = view.get(peer);
    if (known !== undefined && isLive(known)) {
      this.#detector.hear(peer, now.at);
    } else {
      const statements = [statementOf(this.#news.self())];
      if (known?.state === "dead" && known.incarnation > 0) statements.push(statementOf(known));
      this.#exchange.tell(peer, statements);
    }
    out.send(peer, { ...this.#heartbeat(now, true), n: view.live.size });
  }

  #hearHeartbeat(from: PeerId, message: Heartbeat, now: Now): void {
    const { view, out } = this.#context;
    if (message.w !== undefined && message.u !== undefined) {
      this.#clock.read(from, { wallMs: message.w, uptimeMs: message.u }, now);
    }
    if (message.q === 1) out.send(from, this.#heartbeat(now, false));
    if (message.n !== undefined) this.#exchange.greet(from, message.d, message.n, now.at);
    const sender = view.get(from);
    if (sender === undefined) out.send(from, { k: "want", i: [from] });
    else if (!isLive(sender)) this.#exchange.tell(from, [statementOf(sender)]);
    else this.#exchange.compare(from, message.d, now.at);
  }

  /** Sends the heartbeat if it is due. */
  #beat(now: Now): void {
    const { view, self, options, out, random } = this.#context;
    if (this.#heartbeatAt === undefined || now.at < this.#heartbeatAt) return;
    this.#heartbeatAt = after(now.at, options.heartbeatMs);
    this.#heartbeats += 1;
    this.#detector.look();
    const withClock = this.#heartbeats <= clockFirst || this.#heartbeats % clockEvery === 0;
    const message = this.#heartbeat(now, withClock);
    const watchers = view.live.after(self, options.watchersCount);
    for (const watcher of watchers) out.send(watcher, message);
    if (this.#heartbeats % strangerEvery === 0) {
      const others = [...this.#connected].filter((peer) => !watchers.includes(peer));
      const stranger = others[random.below(Math.max(1, others.length))];
      if (stranger !== undefined) out.send(stranger, message);
      this.#correctBirth(now);
      for (const id of this.#graveyard.sweep(now.at)) this.#clock.forget(id);
    }
  }

  #heartbeat(now: Now, withClock: boolean): Heartbeat {
    const heartbeat = { k: "hb", d: this.#context.view.digest } as const;
    if (!withClock) return heartbeat;
    return { ...heartbeat, w: Math.max(0, now.wallMs), u: Math.round(this.#uptimeMs(now)) };
  }

  /** Once the mesh's time is known, a machine that booted with a wrong clock is born again. */
  #correctBirth(now: Now): void {
    const startedMs = Math.round(now.wallMs + this.meshOffsetMs(now) - this.#uptimeMs(now));
    const errorMs = Math.abs(startedMs - this.#news.self().startedMs);
    const uncertain = this.#clock.size === 0 || this.#heartbeats < 2 * clockFirst;
    if (uncertain || errorMs <= rebirthMs || startedMs < 0) return;
    this.#news.renew({ startedMs });
    this.#context.out.observe("member.clock-corrected", { errorMs });
  }

  #giveUp(at: Instant): void {
    for (const { id, own } of this.#detector.tick(at)) {
      this.#news.declareDead(id, own);
      this.#clock.forget(id);
    }
  }

  /** Lets watchers, redialling and the memory of the dead follow the ring. */
  #follow(at: Instant): void {
    const { view, self, options, moved } = this.#context;
    if (moved.size === 0) return;
    for (const id of moved) this.#graveyard.note(id, at);
    moved.clear();
    this.#detector.watch(view.live.before(self, options.watchersCount), at);
    this.#redial.update();
  }

  #leave(): void {
    this.#state = "stopped";
    this.#news.leave();
  }

  /** If this machine slept it must not take its own sleep for the silence of others. */
  #noticeStall(at: Instant): void {
    if (this.#wakeAt === undefined) return;
    const lateMs = elapsedMs(this.#wakeAt, at);
    if (lateMs <= this.#context.options.stallMs) return;
    this.#detector.wakeUp(at);
    this.#context.out.observe("member.stalled", { lateMs: Math.round(lateMs) });
  }

  #wake(at: Instant): void {
    let due = this.#detector.dueAt;
    if (this.#heartbeatAt !== undefined && (due === undefined || this.#heartbeatAt < due)) {
      due = this.#heartbeatAt;
    }
    const standing = this.#wakeAt;
    if (due === undefined || (standing !== undefined && standing > at && standing <= due)) return;
    this.#wakeAt = due;
    this.#context.out.add({ kind: "wake", at: due });
  }

  #uptimeMs(now: Now): number {
    return this.#bornAt === undefined ? 0 : Math.max(0, elapsedMs(this.#bornAt, now.at));
  }
}

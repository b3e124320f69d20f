import {
  after,
  elapsedMs,
  type Instant,
  instantAt,
  type Now,
  type Random,
  rendezvous,
  unreachable,
} from "@beemesh/base";
import type { Endpoint } from "@beemesh/workload";
import { Errands } from "./errands.ts";
import type { WatchEffect, WatchEvent } from "./event.ts";
import {
  checksOfDoubted,
  freshMs,
  helpersFirst,
  helpersMax,
  helpMsMax,
  pauseMsMin,
  periodMs,
  probeMsMax,
  repeatMs,
  replicasMax,
  suspicionMsFirst,
  takeOverMs,
  witnessesMax,
} from "./limits.ts";
import type { Standing, Statement, WatchMessage } from "./message.ts";
import { News } from "./news.ts";
import { isNews, type Replica, replicaOf, statementOf } from "./replica.ts";
import { Ring } from "./ring.ts";

/**
 * One replica's watch over the others of its workload, in the manner of SWIM. Each second it
 * probes one of them; whom it does not reach it lets two others probe; whom they do not reach
 * either is in doubt, and told to be, until it contradicts, or until the time for that is over:
 *
 *     probe ──▶ ask two others ──▶ doubt ──▶ ask more ──▶ lost ──▶ the first of its heirs asks
 *       ▲             any sign of life             │               the machine for a clone, the
 *       └──────────────────────────────────────────┘               next ones if nothing happens
 *
 * The heirs of a replica are the living ones in rendezvous order for its uid, so that nobody has
 * to agree on anything. What one replica costs another does not grow with their number.
 *
 * Source: Das, Gupta and Motivala, "SWIM: scalable weakly-consistent infection-style process group
 * membership protocol", 2002.
 */
export class ReplicaWatch {
  readonly #replicas = new Map<string, Replica>();
  readonly #ring: Ring;
  readonly #random: Random;
  readonly #news = new News();
  readonly #errands = new Errands();
  #self = "";
  #incarnation = 0;
  /** When the next replica is probed; undefined while there is none. */
  #nextAt: Instant | undefined;
  #wakeAt: Instant | undefined;
  #effects: WatchEffect[] = [];

  constructor({ random }: { readonly random: Random }) {
    this.#random = random;
    this.#ring = new Ring(random);
  }

  /** How many of the other replicas stand how. */
  counts(): { readonly alive: number; readonly doubted: number; readonly lost: number } {
    const counts: [number, number, number] = [0, 0, 0];
    for (const { standing } of this.#replicas.values()) counts[standing] += 1;
    const [alive, doubted, lost] = counts;
    return { alive, doubted, lost };
  }

  /** Advances by one event and returns what must now be done, in order. */
  step(event: WatchEvent, now: Now): readonly WatchEffect[] {
    this.#resume(now.at);
    this.#handle(event, now.at);
    this.#advance(now.at);
    this.#wake(event.kind === "tick", now.at);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #handle(event: WatchEvent, at: Instant): void {
    switch (event.kind) {
      case "replicas":
        return this.#regard(event.self, event.replicas, at);
      case "probed":
        return this.#probed(event.uid, event.ok, at);
      case "message":
        return this.#receive(event.from, event.message, at);
      case "heard":
        return this.#present(event.uid, at);
      case "tick":
        return;
      default:
        return unreachable(event);
    }
  }

  /** Whoever was paused has missed everybody's answers: time stood still for all that runs. */
  #resume(at: Instant): void {
    if (this.#wakeAt === undefined) return;
    const pausedMs = elapsedMs(this.#wakeAt, at);
    if (pausedMs <= pauseMsMin) return;
    for (const replica of this.#replicas.values()) {
      if (replica.standing === 1) {
        replica.since = after(replica.since, pausedMs);
        // What was under way is done again.
        if (replica.check !== undefined) replica.checksLeft = checksOfDoubted;
      }
      replica.check = undefined;
      replica.speakAt = later(replica.speakAt, after(at, takeOverMs));
    }
    this.#errands.clear();
    this.#nextAt &&= at;
  }

  #regard(self: string, endpoints: readonly Endpoint[], at: Instant): void {
    this.#self = self;
    const uids = new Set(endpoints.map(({ uid }) => uid));
    uids.delete(self);
    const told = new Set([...uids].slice(0, replicasMax));
    for (const uid of this.#replicas.keys()) {
      if (told.has(uid)) continue;
      this.#replicas.delete(uid);
      this.#ring.remove(uid);
      this.#news.forget(uid);
    }
    for (const uid of told) {
      if (this.#replicas.has(uid)) continue;
      this.#replicas.set(uid, replicaOf(uid, at));
      this.#ring.add(uid);
    }
    if (told.size === 0) this.#nextAt = undefined;
    else this.#nextAt ??= after(at, this.#random.below(periodMs));
  }

  #probed(uid: string, ok: boolean, at: Instant): void {
    for (const asker of this.#errands.end(uid)) this.#tell(asker, uid, ok);
    if (ok) return this.#present(uid, at);
    const replica = this.#replicas.get(uid);
    if (replica?.check?.stage === "direct") this.#askOthers(replica, at);
  }

  #receive(from: string, message: WatchMessage, at: Instant): void {
    this.#present(from, at);
    for (const statement of message.n) {
      if (statement[0] === this.#self) this.#defend(statement, from);
      else this.#learn(statement, at);
    }
    if (message.k === "ask") {
      const isKnown = message.u === this.#self || this.#replicas.get(message.u)?.standing === 2;
      if (isKnown) this.#tell(from, message.u, message.u === this.#self);
      else if (this.#errands.take(message.u, from, at)) this.#probe(message.u);
    } else if (message.k === "told") this.#told(from, message.u, message.ok, at);
  }

  /** What is said of this replica is wrong, for it hears it. */
  #defend([, standing, incarnation]: Statement, from: string): void {
    if (standing === 0) return;
    this.#incarnation = Math.max(this.#incarnation, incarnation + 1);
    const statement: Statement = [this.#self, 0, this.#incarnation];
    this.#news.add(statement);
    this.#send(from, { k: "ping", n: this.#newsFor(from, [statement]) });
  }

  #learn(statement: Statement, at: Instant): void {
    const [uid, standing, incarnation] = statement;
    const replica = this.#replicas.get(uid);
    if (replica === undefined || !isNews(statement, replica)) return;
    const isWitness = standing > 0 && this.#rankOf(uid) < witnessesMax;
    const isFresh = elapsedMs(replica.heardAt, at) < freshMs;
    if (standing > 0 && isFresh) this.#dare(replica, incarnation);
    if (standing === 2 && isWitness) return this.#verify(replica, incarnation, at);
    if (standing > 0 && isFresh) return;
    replica.incarnation = incarnation;
    this.#set(replica, standing, at);
    replica.checksLeft = isWitness ? checksOfDoubted : 0;
  }

  /** Others hold it to be lost. Whoever would ask for its clone looks once more itself, now. */
  #verify(replica: Replica, incarnation: number, at: Instant): void {
    const isDoubted = replica.standing === 1 && replica.incarnation === incarnation;
    const checksLeft = isDoubted ? Math.min(replica.checksLeft, 1) : 1;
    replica.incarnation = incarnation;
    if (!isDoubted) this.#set(replica, 1, at);
    replica.since = earlier(replica.since, instantAt(at - this.#suspicionMs()));
    replica.checksLeft = replica.check === undefined ? checksLeft : 0;
  }

  /** There is a sign of life, so whatever is believed of the replica is wrong. */
  #present(uid: string, at: Instant): void {
    const replica = this.#replicas.get(uid);
    if (replica === undefined) return;
    replica.heardAt = at;
    replica.check = undefined;
    replica.asked.clear();
    if (replica.standing === 0) return;
    this.#set(replica, 0, at);
    // Others still doubt it: only its own word ends that.
    this.#dare(replica, replica.incarnation);
  }

  /** Tells a replica to its face that it is doubted in an incarnation; once for each. */
  #dare(replica: Replica, incarnation: number): void {
    if (replica.daredIn >= incarnation) return;
    replica.daredIn = incarnation;
    const doubt: Statement = [replica.uid, 1, incarnation];
    this.#send(replica.uid, { k: "ping", n: this.#newsFor(replica.uid, [doubt]) });
  }

  #told(from: string, uid: string, ok: boolean, at: Instant): void {
    if (ok) return this.#present(uid, at);
    const replica = this.#replicas.get(uid);
    if (replica?.check?.waiting.delete(from) !== true) return;
    if (replica.check.waiting.size === 0) this.#conclude(replica, at);
  }

  #advance(at: Instant): void {
    for (const uid of this.#errands.overdue(at)) {
      for (const asker of this.#errands.end(uid)) this.#tell(asker, uid, false);
    }
    if (this.#nextAt !== undefined && this.#nextAt <= at) {
      this.#nextAt = after(at, periodMs);
      const replica = this.#replicas.get(this.#ring.next() ?? "");
      if (replica !== undefined && replica.check === undefined) this.#check(replica, at);
    }
    const lost: string[] = [];
    for (const replica of this.#replicas.values()) {
      this.#pursue(replica, at);
      if (replica.standing === 2 && this.#isToSay(replica, at)) lost.push(replica.uid);
    }
    if (lost.length > 0) this.#effects.push({ kind: "lost", uids: lost });
  }

  #pursue(replica: Replica, at: Instant): void {
    const { check } = replica;
    if (check !== undefined && check.until <= at) {
      if (check.stage === "direct") this.#askOthers(replica, at);
      else this.#conclude(replica, at);
    }
    if (replica.standing !== 1 || replica.check !== undefined) return;
    if (this.#doubtedUntil(replica) > at) return;
    if (replica.checksLeft === 0) return this.#bury(replica, at);
    replica.checksLeft -= 1;
    this.#check(replica, at);
  }

  /** When a doubted replica is checked again, or held to be lost. */
  #doubtedUntil({ since, checksLeft }: Replica): Instant {
    return after(since, this.#suspicionMs() / (checksLeft === checksOfDoubted ? 2 : 1));
  }

  #suspicionMs(): number {
    return suspicionMsFirst * Math.max(1, Math.log10(this.#replicas.size + 1));
  }

  #check(replica: Replica, at: Instant): void {
    replica.check = { stage: "direct", until: after(at, probeMsMax), waiting: new Set() };
    this.#probe(replica.uid);
  }

  /** Two others at first; as many as it takes before the replica is held to be lost. */
  #askOthers(replica: Replica, at: Instant): void {
    replica.check = undefined;
    if (replica.standing === 2) return;
    const wanted = replica.standing === 0 ? helpersFirst : helpersMax - replica.asked.size;
    const helpers = this.#ring.some(wanted, (uid) => {
      const isOther = uid !== replica.uid && !replica.asked.has(uid);
      return isOther && this.#replicas.get(uid)?.standing === 0;
    });
    if (helpers.length === 0) return this.#conclude(replica, at);
    replica.check = { stage: "indirect", until: after(at, helpMsMax), waiting: new Set(helpers) };
    for (const helper of helpers) {
      replica.asked.add(helper);
      this.#send(helper, { k: "ask", u: replica.uid, n: this.#newsFor(helper) });
    }
  }

  /** Nobody has reached it. */
  #conclude(replica: Replica, at: Instant): void {
    replica.check = undefined;
    if (replica.standing !== 0) return;
    this.#set(replica, 1, at);
    replica.checksLeft = checksOfDoubted;
  }

  /** The time to contradict is over. Its first heirs are told at once. */
  #bury(replica: Replica, at: Instant): void {
    this.#set(replica, 2, at);
    for (const heir of this.#heirsOf(replica.uid).slice(0, 2)) {
      if (heir === this.#self) continue;
      this.#send(heir, { k: "ping", n: this.#newsFor(heir, [statementOf(replica)]) });
    }
  }

  #set(replica: Replica, standing: Standing, at: Instant): void {
    if (replica.standing !== standing) {
      const event = (["replica.back", "replica.doubted", "replica.lost"] as const)[standing];
      this.#effects.push({ kind: "observe", event, uid: replica.uid });
    }
    replica.standing = standing;
    replica.since = at;
    replica.check = undefined;
    replica.checksLeft = 0;
    replica.speakAt = at;
    if (standing === 0) replica.asked.clear();
    this.#news.add(statementOf(replica));
  }

  /**
   * Heir k asks k delays after the first has had the time to look for itself. The rank is looked
   * at anew, for heirs die too.
   */
  #isToSay(replica: Replica, at: Instant): boolean {
    if (replica.speakAt > at) return false;
    const rank = this.#rankOf(replica.uid);
    const dueAt = after(replica.since, rank === 0 ? 0 : helpMsMax + rank * takeOverMs);
    const isDue = dueAt <= at;
    replica.speakAt = isDue ? after(at, repeatMs) : earlier(dueAt, after(at, takeOverMs));
    return isDue;
  }

  #rankOf(uid: string): number {
    return this.#heirsOf(uid).indexOf(this.#self);
  }

  #heirsOf(uid: string): readonly string[] {
    const living = [...this.#replicas.values()].filter(({ standing }) => standing === 0);
    return rendezvous(uid, [this.#self, ...living.map((replica) => replica.uid)]);
  }

  #probe(uid: string): void {
    this.#effects.push({ kind: "probe", uid, message: { k: "ping", n: this.#newsFor(uid) } });
  }

  #tell(asker: string, uid: string, ok: boolean): void {
    this.#send(asker, { k: "told", u: uid, ok, n: this.#newsFor(asker) });
  }

  #send(uid: string, message: WatchMessage): void {
    this.#effects.push({ kind: "send", uid, message });
  }

  /** Whoever is doubted hears that first of all. */
  #newsFor(uid: string, first: readonly Statement[] = []): readonly Statement[] {
    const replica = this.#replicas.get(uid);
    const isDoubted = replica !== undefined && replica.standing > 0 && first.length === 0;
    return this.#news.take(this.#replicas.size, isDoubted ? [statementOf(replica)] : first);
  }

  /**
   * Asks to be woken, unless the same wish is still to be fulfilled. A tick that came too early, as
   * timers do, has not fulfilled it and will not come again.
   */
  #wake(isTick: boolean, at: Instant): void {
    let wakeAt = this.#nextAt;
    const wish = (wished: Instant | undefined): void => {
      if (wished !== undefined && (wakeAt === undefined || wished < wakeAt)) wakeAt = wished;
    };
    wish(this.#errands.wakeAt);
    for (const replica of this.#replicas.values()) {
      if (replica.check !== undefined) wish(replica.check.until);
      else if (replica.standing === 1) wish(this.#doubtedUntil(replica));
      if (replica.standing === 2) wish(replica.speakAt);
    }
    if (wakeAt === undefined) this.#wakeAt = undefined;
    const isAwaited = this.#wakeAt === wakeAt && wakeAt !== undefined && wakeAt > at && !isTick;
    if (wakeAt === undefined || isAwaited) return;
    this.#wakeAt = wakeAt;
    this.#effects.push({ kind: "wake", at: wakeAt });
  }
}

function later(a: Instant, b: Instant): Instant {
  return instantAt(Math.max(a, b));
}

function earlier(a: Instant, b: Instant): Instant {
  return instantAt(Math.min(a, b));
}

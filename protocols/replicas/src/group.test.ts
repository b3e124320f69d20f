/**
 * A group of replicas in a network that loses, delays and cuts, for the tests of this package:
 * watches on a virtual clock, and machines that put a clone into the place of what is lost.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt, type Now, type Random, seededRandom, unreachable } from "@beemesh/base";
import type { Endpoint } from "@beemesh/workload";
import type { WatchEffect, WatchEvent } from "./event.ts";
import { parseWatchMessage, type WatchMessage, watchMessageText } from "./message.ts";
import { ReplicaWatch } from "./watch.ts";

interface Member {
  readonly watch: ReplicaWatch;
  /** Offset of its clock, so that no two agree. */
  readonly offsetMs: number;
  readonly random: Random;
  pausedUntilMs: number;
  isDead: boolean;
  sent: number;
}

/** Somebody has asked for a clone. */
export interface Ask {
  readonly by: string;
  readonly uid: string;
  readonly atMs: number;
}

export interface GroupOptions {
  readonly seed: number;
  readonly count: number;
  readonly latencyMsMax?: number;
  readonly lossPerMille?: number;
  /** Whether lost replicas are replaced, and how long that takes at most; never if not given. */
  readonly replaceMsMax?: number;
}

export class Group {
  readonly members = new Map<string, Member>();
  readonly asks: Ask[] = [];
  readonly log: string[] = [];
  readonly cuts = new Set<string>();
  readonly diedMs = new Map<string, number>();
  lossPerMille: number;
  bytesMax = 0;
  readonly #options: GroupOptions;
  readonly #random: Random;
  readonly #planned: { atMs: number; order: number; happen: () => void }[] = [];
  #ms = 0;
  #order = 0;
  #born = 0;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.lossPerMille = options.lossPerMille ?? 0;
    for (let index = 0; index < options.count; index += 1) this.#bear();
    this.tellAll();
  }

  get nowMs(): number {
    return this.#ms;
  }

  get living(): readonly string[] {
    return [...this.members].filter(([, { isDead }]) => !isDead).map(([uid]) => uid);
  }

  at(uid: string): Member {
    const member = this.members.get(uid);
    assert(member, `${uid} is a member`);
    return member;
  }

  kill(uid: string): void {
    this.at(uid).isDead = true;
    this.diedMs.set(uid, this.#ms);
    this.#note(`${uid} dies`);
  }

  pause(uid: string, ms: number): void {
    this.at(uid).pausedUntilMs = this.#ms + ms;
  }

  /** Cuts the way between two, both ways. */
  cut(a: string, b: string): void {
    this.cuts.add(`${a} ${b}`).add(`${b} ${a}`);
  }

  after(ms: number, happen: () => void): void {
    this.#planned.push({ atMs: this.#ms + ms, order: (this.#order += 1), happen });
  }

  run(forMs: number): void {
    const endMs = this.#ms + forMs;
    for (;;) {
      this.#planned.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#planned[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#planned.shift();
      this.#ms = next.atMs;
      next.happen();
    }
    this.#ms = endMs;
  }

  /** The machines tell who the replicas are, each a little later than the other. */
  tellAll(): void {
    const replicas = [...this.members.keys()].map((uid) => endpointOf(uid));
    for (const self of this.living) {
      this.after(this.#random.below(200), () => {
        this.give(self, { kind: "replicas", workload: "shop/web", self, replicas });
      });
    }
  }

  /** What a member's clocks show. */
  now(uid: string): Now {
    return this.#now(this.at(uid));
  }

  /** How a member holds the others to stand. */
  countsOf(uid: string): ReturnType<ReplicaWatch["counts"]> {
    return this.at(uid).watch.counts();
  }

  give(uid: string, event: WatchEvent): void {
    const member = this.members.get(uid);
    if (member === undefined || member.isDead) return;
    if (member.pausedUntilMs > this.#ms) {
      this.after(member.pausedUntilMs - this.#ms, () => this.give(uid, event));
      return;
    }
    for (const effect of member.watch.step(event, this.#now(member))) {
      this.#perform(uid, member, effect);
    }
  }

  #bear(): string {
    const uid = `r${this.#born}`;
    this.#born += 1;
    const random = seededRandom(this.#random.below(2 ** 32));
    const watch = new ReplicaWatch({ random });
    const offsetMs = this.#random.below(1_000_000) + 0.3;
    this.members.set(uid, { watch, offsetMs, random, pausedUntilMs: 0, isDead: false, sent: 0 });
    return uid;
  }

  #perform(uid: string, member: Member, effect: WatchEffect): void {
    switch (effect.kind) {
      case "probe":
        return this.#probe(uid, effect.uid, effect.message);
      case "send":
        this.#send(uid, effect.uid, effect.message);
        return;
      case "lost":
        return this.#asked(uid, effect.uids);
      case "wake":
        return this.after(effect.at - this.#now(member).at, () => this.give(uid, { kind: "tick" }));
      case "observe":
        return this.#note(`${uid} ${effect.event} ${effect.uid}`);
      default:
        return unreachable(effect);
    }
  }

  #probe(from: string, to: string, message: WatchMessage): void {
    const answer = (ok: boolean): void => this.give(from, { kind: "probed", uid: to, ok });
    const isTaken = this.#send(from, to, message, () => {
      if (this.#passes(to, from)) this.after(this.#latencyMs(), () => answer(true));
    });
    // Nobody answers for a dead machine; one that lives refuses for a dead pod.
    if (!isTaken && this.#random.below(2) === 0) this.after(this.#latencyMs(), () => answer(false));
  }

  #send(from: string, to: string, message: WatchMessage, taken?: () => void): boolean {
    const text = watchMessageText(message);
    this.bytesMax = Math.max(this.bytesMax, text.length);
    this.at(from).sent += 1;
    const { k } = message;
    this.#note(`${from} → ${to} ${k}${k === "ping" ? "" : ` ${message.u}`} ${saying(message)}`);
    if (!this.#passes(from, to)) return false;
    this.after(this.#latencyMs(), () => {
      const read = parseWatchMessage(text);
      assert(read, `${text} can be read`);
      const target = this.members.get(to);
      if (target === undefined || target.isDead) return;
      const pausedMs = Math.max(0, target.pausedUntilMs - this.#ms);
      this.give(to, { kind: "message", from, message: read });
      if (taken !== undefined) this.after(pausedMs, taken);
    });
    return true;
  }

  #passes(from: string, to: string): boolean {
    const target = this.members.get(to);
    if (target === undefined || target.isDead || this.cuts.has(`${from} ${to}`)) return false;
    return this.#random.below(1000) >= this.lossPerMille;
  }

  #latencyMs(): number {
    return 1 + this.#random.below(this.#options.latencyMsMax ?? 40);
  }

  #asked(by: string, uids: readonly string[]): void {
    for (const uid of uids) {
      this.asks.push({ by, uid, atMs: this.#ms });
      this.#note(`${by} asks for a clone of ${uid}`);
      const { replaceMsMax } = this.#options;
      if (replaceMsMax === undefined) continue;
      this.after(this.#random.below(replaceMsMax), () => {
        if (this.members.get(uid)?.isDead !== true) return;
        this.members.delete(uid);
        this.#note(`${this.#bear()} takes the place of ${uid}`);
        this.tellAll();
      });
    }
  }

  #now({ offsetMs }: Member): Now {
    return { at: instantAt(this.#ms + offsetMs), wallMs: this.#ms };
  }

  #note(line: string): void {
    this.log.push(`${String(Math.round(this.#ms)).padStart(6)} ${line}`);
  }
}

const standings = ["lives", "is doubted", "is lost"];

function saying({ n }: WatchMessage): string {
  const said = n.map(([uid, standing, of]) => `${uid} ${standings[standing]} in ${of}`);
  return said.length === 0 ? "" : `(${said.join(", ")})`;
}

function endpointOf(uid: string): Endpoint {
  return {
    uid,
    machine: `m-${uid}`,
    namespace: "shop",
    serviceAccount: "default",
    ip: "10.1.0.1",
    port: 80,
  };
}

test("a group hears of all its members", () => {
  const group = new Group({ seed: 1, count: 4 });
  group.run(3000);
  for (const uid of group.living) assert.equal(group.countsOf(uid).alive, 3);
});

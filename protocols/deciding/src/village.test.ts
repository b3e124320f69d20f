/**
 * A world made by hand for machines that decide for each other: virtual time, a network with
 * delays, deaths and standstills, and a registry of one record. Who decides is the protocol's own.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  instantAt,
  type Now,
  type Random,
  rendezvous,
  seededRandom,
  unreachable,
} from "@beemesh/base";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { type Entry, formatStamp, isJsonObject, type Json, readStamp } from "@beemesh/wire";
import { Deciding } from "./deciding.ts";
import type { DecidingEffect, DecidingEvent, Prompt } from "./event.ts";
import type { Premises } from "./premises.ts";

const collection = "configmaps/default";
const name = "keys";
const path = ["api", "v1", "namespaces", "default", "configmaps", name];

/** How many milliseconds a message, news of a machine or a comparison may take. */
export const delays = { message: 12, news: 60, comparison: 40 } as const;

/** All is so much faster here; clocks differ by less than who takes over stamps ahead. */
const haste = 10;

/** How soon a delivery to a machine that does not answer is tried again. */
const againMs = 5;

interface Plan {
  readonly atMs: number;
  readonly count: number;
  readonly run: () => void;
}

/** The world that machines live in: who is up, what time it is, and how long things take. */
export class Village {
  readonly machines = new Map<string, Villager>();
  readonly random: Random;
  nowMs = 0;
  #count = 0;
  /** A heap: what comes first stands first. */
  readonly #plans: Plan[] = [];

  constructor(seed: number, names: readonly string[]) {
    this.random = seededRandom(seed);
    for (const each of names) this.machines.set(each, new Villager(each, this));
    for (const machine of this.machines.values()) for (const each of names) machine.meet(each);
  }

  get now(): Now {
    return { at: instantAt(this.nowMs), wallMs: this.nowMs };
  }

  after(ms: number, run: () => void): void {
    this.#count += 1;
    const plan = { atMs: this.nowMs + ms, count: this.#count, run };
    let at = this.#plans.push(plan) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(plan, this.#plans[above])) break;
      this.#swap(at, above);
      at = above;
    }
  }

  /** Something happens within so many milliseconds. */
  within(ms: number, run: () => void): void {
    this.after(this.random.below(ms) + this.random.below(1000) / 1000, run);
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let next = this.#plans[0]; next !== undefined && next.atMs <= untilMs; ) {
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.#drop();
      next.run();
      next = this.#plans[0];
    }
    this.nowMs = untilMs;
  }

  up(): readonly Villager[] {
    return [...this.machines.values()].filter(({ isUp }) => isUp);
  }

  /** A machine dies; the others hear of it later, each at its own time. */
  kill(victim: Villager, how: "reset" | "silent"): void {
    victim.die();
    for (const machine of this.machines.values()) {
      if (how === "reset") machine.hangUp(victim.id);
      this.within(delays.news, () => machine.lose(victim.id));
    }
  }

  /** It comes back with what its disk holds, and compares itself with the others. */
  revive(victim: Villager): void {
    victim.rise();
    for (const { id } of this.up()) victim.meet(id);
    for (const machine of this.up()) this.within(delays.news, () => machine.meet(victim.id));
    this.within(delays.comparison, () => {
      const others = this.up().filter((machine) => machine !== victim);
      const other = others[this.random.below(Math.max(1, others.length))];
      victim.take(other?.entry);
      victim.isKept = true;
    });
  }

  /** All compare themselves with all. */
  repair(): void {
    for (const machine of this.up()) {
      for (const { entry } of this.up()) machine.take(entry);
    }
  }

  #drop(): void {
    const last = this.#plans.pop();
    if (last === undefined || this.#plans.length === 0) return;
    this.#plans[0] = last;
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (isBefore(this.#plans[left], this.#plans[first])) first = left;
      if (isBefore(this.#plans[right], this.#plans[first])) first = right;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#plans[a], this.#plans[b]];
    assert(first !== undefined && second !== undefined);
    this.#plans[a] = second;
    this.#plans[b] = first;
  }
}

function isBefore(a: Plan | undefined, b: Plan | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs === b.atMs ? a.count < b.count : a.atMs < b.atMs;
}

/** What a client was told; 0 if nobody answered it. */
type OnStatus = (status: number) => void;

/** One machine: what it holds, whom it believes to be there, and how it decides. */
export class Villager {
  readonly id: string;
  readonly #village: Village;
  readonly #alive = new Set<string>();
  #order: readonly string[] = [];
  #deciding: Deciding;
  isUp = true;
  isKept = true;
  /** Until then it stands still, and hears everything afterwards. */
  stillUntilMs = 0;
  /** Grows with each death: what was under way before it is gone. */
  life = 0;
  entry: Entry | undefined;
  /** What it has read last: of one version once. */
  #read: { readonly entry: Entry | undefined; readonly keys: readonly string[] } = {
    entry: undefined,
    keys: [],
  };
  #revision = 0;
  #stampMs = 0;
  #count = 0;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  readonly #clients = new Map<string, OnStatus>();
  /** Whom questions were put to that nobody has answered. */
  readonly #asked = new Map<number, string>();
  /** When what was sent to another arrives: nothing passes it on the way. */
  readonly #arrivals = new Map<string, number>();
  readonly #holders = new Map<number, Set<string>>();
  readonly #onHeld = new Map<number, () => void>();

  constructor(id: string, village: Village) {
    this.id = id;
    this.#village = village;
    this.#deciding = this.#boot();
    this.#arm();
  }

  /** Starts the program anew; what an earlier one was at comes to nothing. */
  #boot(): Deciding {
    const premises: Premises = {
      caseOf: () => ({
        collection,
        record: { collection, name },
        namespace: "default",
        isCounted: false,
      }),
      orderOf: () => this.#order,
      canDecide: () => true,
      isKnown: () => this.isKept,
      mayWrite: () => true,
      revision: () => this.revision,
      revisionOf: () => (this.entry === undefined ? "" : this.revision),
      partsOf: (asked) => (asked.name === name && this.entry ? [this.entry] : []),
      stampOf: (asked) =>
        asked.name === name && asked.part === "spec" ? this.entry?.stamp : undefined,
    };
    return new Deciding({ self: this.id, premises, now: this.#village.now });
  }

  /** Whether a life goes on. */
  isAlive(life: number): boolean {
    return this.isUp && this.life === life;
  }

  /** Its clock: wrong, but by less than a lead. */
  get #clockMs(): number {
    return Math.floor(this.#village.nowMs) + (this.id.charCodeAt(0) % 5) * 45;
  }

  /** What this machine calls the present version: no other one gives out the same. */
  get revision(): string {
    return `${this.#revision + 1}${this.id.charCodeAt(0)}`;
  }

  die(): void {
    this.isUp = false;
    this.life += 1;
    for (const told of this.#clients.values()) told(0);
    for (const each of [this.#clients, this.#asked, this.#arrivals, this.#holders, this.#onHeld]) {
      each.clear();
    }
  }

  rise(): void {
    this.isUp = true;
    this.isKept = false;
    this.stillUntilMs = 0;
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    this.#deciding = this.#boot();
    this.#arm();
  }

  meet(peer: string): void {
    if (!this.isUp) return;
    this.#alive.add(peer);
    this.#order = rendezvous(collection, this.#alive);
    this.#tell({ kind: "machines", gone: new Set() });
  }

  lose(peer: string): void {
    if (!this.isUp || this.#village.machines.get(peer)?.isUp === true) return;
    this.#alive.delete(peer);
    this.#order = rendezvous(collection, this.#alive);
    this.#tell({ kind: "machines", gone: new Set([peer]) });
    for (const ticket of this.#holders.keys()) this.#weigh(ticket);
  }

  /** A connection is gone: what was asked over it may have been decided. */
  hangUp(peer: string): void {
    for (const [number, asked] of this.#asked) {
      if (asked === peer) this.#answered(number, { kind: "answered", number, answer: lost });
    }
  }

  /** Holds an entry if it is newer. */
  take(entry: Entry | undefined): void {
    if (entry === undefined || (this.entry !== undefined && entry.stamp <= this.entry.stamp))
      return;
    this.entry = entry;
    this.#revision += 1;
  }

  keys(): readonly string[] {
    if (this.entry !== this.#read.entry) {
      const data: unknown = this.entry === undefined ? {} : JSON.parse(this.entry.body);
      this.#read = { entry: this.entry, keys: isJsonObject(data) ? Object.keys(data) : [] };
    }
    return this.#read.keys;
  }

  /** What a client does: adds a key to what it has read. */
  addKey(key: string, onStatus: OnStatus): void {
    const isThere = this.entry !== undefined;
    const data = Object.fromEntries([...this.keys(), key].map((each) => [each, ""]));
    const metadata = isThere ? { name, resourceVersion: this.revision } : { name };
    const request: ApiRequest = {
      method: isThere ? "PUT" : "POST",
      path: isThere ? path : path.slice(0, -1),
      query: new Map(),
      accept: "application/json",
      contentType: "application/json",
      body: { metadata, data },
      user: { name: "ann", groups: [] },
    };
    this.#count += 1;
    const id = `${this.id}-${this.life}-${this.#count}`;
    this.#clients.set(id, onStatus);
    this.#tell({ kind: "asked", id, request });
  }

  /** Takes an event, and what comes at once of what it has done; later, if it stands still. */
  #tell(first: DecidingEvent): void {
    const { life } = this;
    const stillMs = this.stillUntilMs - this.#village.nowMs;
    if (stillMs > 0) {
      this.#village.after(stillMs, () => this.isAlive(life) && this.#tell(first));
      return;
    }
    for (let event: DecidingEvent | undefined = first; event !== undefined; ) {
      const effects = this.#deciding.step(event, this.#village.now);
      event = undefined;
      for (const effect of effects) event = this.#perform(effect) ?? event;
    }
    this.#arm();
  }

  #arm(): void {
    const { wakeAt } = this.#deciding;
    if (wakeAt >= this.#wakesAtMs) return;
    this.#wakesAtMs = wakeAt;
    this.#later(wakeAt - this.#village.nowMs, () => {
      if (this.#wakesAtMs !== wakeAt) return;
      this.#wakesAtMs = Number.POSITIVE_INFINITY;
      this.#tell({ kind: "tick" });
    });
  }

  /** Does something after a while, if this life goes on. */
  #later(ms: number, run: () => void): void {
    const { life } = this;
    this.#village.after(Math.max(0, ms), () => {
      if (this.isAlive(life)) run();
    });
  }

  #perform(effect: DecidingEffect): DecidingEvent | undefined {
    if (effect.kind === "handle") {
      return { kind: "handled", number: effect.number, reply: this.#handle(effect.request) };
    }
    if (effect.kind === "take-in") {
      for (const each of effect.entries) this.take(entryOf(each));
      return { kind: "taken", number: effect.number };
    }
    this.#act(effect);
    return undefined;
  }

  #act(effect: Exclude<DecidingEffect, Prompt>): void {
    switch (effect.kind) {
      case "take-over":
        this.#stampMs = Math.max(this.#stampMs, this.#clockMs + effect.aheadMs / haste);
        return;
      case "bring":
        return this.#later(this.#village.random.below(2), () =>
          this.#tell({ kind: "brought", number: effect.number }),
        );
      case "confirm":
        return this.#whenHeld(effect.ticket, () =>
          this.#tell({ kind: "confirmed", number: effect.number, warnings: [] }),
        );
      case "ask":
        return this.#ask(effect);
      case "answer":
        return this.#answer(effect);
      case "reply":
        return this.#reply(effect);
      case "forget":
      case "observe":
        return;
      default:
        return unreachable(effect);
    }
  }

  #ask({ number, peer, question }: Extract<DecidingEffect, { kind: "ask" }>): void {
    this.#asked.set(number, peer);
    this.#send(peer, (other) => {
      if (other.isUp) {
        other.#tell({ kind: "heard", from: this.id, reference: number, question });
      } else this.#answered(number, { kind: "answered", number, answer: unsent });
    });
  }

  #answer({ to, reference, answer }: Extract<DecidingEffect, { kind: "answer" }>): void {
    this.#send(to, (asker) => {
      if (asker.isUp) {
        asker.#answered(reference, { kind: "answered", number: reference, answer });
      }
    });
  }

  /** Numbers count anew in each life: whom it was asked of tells old answers. */
  #answered(number: number, event: DecidingEvent): void {
    if (!this.#asked.has(number)) return;
    const isWorking = event.kind === "answered" && event.answer.kind === "working";
    if (!isWorking) this.#asked.delete(number);
    this.#tell(event);
  }

  /** Something reaches another machine after a while, in its order, while both go on. */
  #send(to: string, run: (other: Villager) => void): void {
    const other = this.#village.machines.get(to);
    assert(other);
    const { life } = this;
    const { life: theirs } = other;
    const { random, nowMs } = this.#village;
    const atMs = Math.max(nowMs + random.below(delays.message), this.#arrivals.get(to) ?? 0);
    this.#arrivals.set(to, atMs);
    this.#village.after(atMs - nowMs, () => {
      if (this.isAlive(life) && (other.life === theirs || !other.isUp)) run(other);
    });
  }

  #reply({ id, outcome }: Extract<DecidingEffect, { kind: "reply" }>): void {
    const told = this.#clients.get(id);
    if (told === undefined) return;
    const finish = (status: number): void => {
      if (this.#clients.delete(id)) told(status);
    };
    assert(outcome.kind !== "broken", "nothing breaks here");
    if (outcome.kind !== "replied" || outcome.reply.kind !== "json") return finish(500);
    const { status, ticket } = outcome.reply;
    if (ticket === undefined) finish(status);
    else this.#whenHeld(ticket, () => finish(status));
  }

  /** Decides as the API does: whoever has not read the present version is told 409. */
  #handle({ method, body }: ApiRequest): FinalReply {
    const { metadata, data } = isJsonObject(body) ? body : {};
    const asked = isJsonObject(metadata) ? metadata["resourceVersion"] : undefined;
    const isTaken = method === "POST" && this.entry !== undefined;
    if (isTaken || (method === "PUT" && asked !== this.revision)) {
      return { kind: "json", status: 409, body: { kind: "Status" } };
    }
    const last = this.entry === undefined ? 0 : readStamp(this.entry.stamp).wallMs;
    this.#stampMs = Math.max(this.#stampMs + 1, this.#clockMs, last + 1);
    const entry: Entry = {
      collection,
      name,
      part: "spec",
      stamp: formatStamp({ wallMs: this.#stampMs, counter: 0, machine: this.id }),
      author: this.id,
      body: JSON.stringify(data),
      signature: "s",
    };
    this.take(entry);
    this.#count += 1;
    const ticket = this.#count;
    this.#holders.set(ticket, new Set([this.id]));
    for (const peer of this.#alive) if (peer !== this.id) this.#deliver(peer, entry, ticket);
    const metadataShown = { name, resourceVersion: this.revision };
    const shown = { kind: "ConfigMap", metadata: metadataShown };
    return { kind: "json", status: method === "POST" ? 201 : 200, body: shown, ticket };
  }

  /** Sends an entry to another machine, again and again while that is held to be alive. */
  #deliver(peer: string, entry: Entry, ticket: number): void {
    const { random, machines } = this.#village;
    this.#later(random.below(delays.message), () => {
      const other = machines.get(peer);
      if (other?.isUp === true && other.stillUntilMs <= this.#village.nowMs) {
        other.take(entry);
        this.#later(random.below(delays.message), () => {
          this.#holders.get(ticket)?.add(peer);
          this.#weigh(ticket);
        });
      } else if (this.#alive.has(peer)) {
        this.#later(againMs, () => this.#deliver(peer, entry, ticket));
      }
    });
  }

  /** A write is acknowledged when a majority of those who are held to be alive has it. */
  #weigh(ticket: number): void {
    const holders = this.#holders.get(ticket);
    const onHeld = this.#onHeld.get(ticket);
    if (holders === undefined || onHeld === undefined) return;
    const held = [...holders].filter((peer) => this.#alive.has(peer)).length;
    if (held * 2 <= this.#alive.size) return;
    this.#onHeld.delete(ticket);
    this.#holders.delete(ticket);
    onHeld();
  }

  #whenHeld(ticket: number, run: () => void): void {
    this.#onHeld.set(ticket, run);
    this.#weigh(ticket);
  }
}

const lost = { kind: "lost" } as const;

const unsent = { kind: "unreachable" } as const;

function entryOf(json: Json): Entry {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was made of one above
  return json as unknown as Entry;
}

test("a village writes, and all of it reads", () => {
  const village = new Village(1, ["a", "b", "c"]);
  const told: number[] = [];
  for (const machine of village.machines.values()) {
    machine.addKey("first", (status) => told.push(status));
  }
  village.pass(100);
  assert.deepEqual(
    told.toSorted((a, b) => a - b),
    [201, 409, 409],
  );
  for (const machine of village.machines.values()) assert.deepEqual(machine.keys(), ["first"]);
});

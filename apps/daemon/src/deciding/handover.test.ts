/**
 * Machines that decide for each other while one after another dies and comes back: whatever the
 * delays, nothing that was acknowledged is lost. The network, the disks and the registry are made
 * by hand, and a seed gives the story; who decides is the daemon's own code.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now, type Random, rendezvous, seededRandom } from "@beemesh/base";
import { isRepeatable } from "@beemesh/deciding";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { type Entry, formatStamp, isJsonObject, readStamp } from "@beemesh/wire";
import { Asking } from "./asking.ts";
import { Court } from "./court.ts";
import { Judging } from "./judging.ts";
import type { QuestionLines } from "./question-lines.ts";

const collection = "configmaps/default";
const name = "keys";
const path = ["api", "v1", "namespaces", "default", "configmaps", name];

/** How many turns of the event loop a message, news of a machine or a comparison may take. */
const turnsMax = { message: 12, news: 60, comparison: 40 } as const;

/** How far ahead who takes over stamps: more than clocks differ. */
const aheadMs = 200;

/** The world that machines live in: who is up, what time it is, and how long things take. */
class Village {
  readonly machines = new Map<string, Villager>();
  readonly random: Random;
  /** Only passes when the story says so. */
  nowMs = 0;
  /** What clocks go by. */
  turns = 0;
  /** Clients write no more. */
  isOver = false;

  constructor(seed: number, names: readonly string[]) {
    this.random = seededRandom(seed);
    for (const each of names) this.machines.set(each, new Villager(each, this));
    for (const machine of this.machines.values()) for (const each of names) machine.meet(each);
  }

  get now(): Now {
    return { at: instantAt(this.nowMs), wallMs: this.nowMs };
  }

  /** Lets some turns pass, at least one. */
  async pass(most: number): Promise<void> {
    for (let turns = this.random.below(most); turns >= 0; turns -= 1) {
      this.turns += 1;
      await new Promise(setImmediate);
    }
  }

  up(): readonly Villager[] {
    return [...this.machines.values()].filter(({ isUp }) => isUp);
  }

  /** A machine dies; the others hear of it later, each at its own time. */
  async kill(victim: Villager): Promise<void> {
    victim.die();
    await Promise.all(
      this.up().map(async (machine) => {
        await this.pass(turnsMax.news);
        machine.lose(victim.id);
      }),
    );
  }

  /** It comes back with what its disk holds, and compares itself with the others. */
  async revive(victim: Villager): Promise<void> {
    victim.rise();
    for (const { id } of this.up()) victim.meet(id);
    const met = this.up().map(async (machine) => {
      await this.pass(turnsMax.news);
      machine.meet(victim.id);
    });
    await this.pass(turnsMax.comparison);
    const others = this.up().filter((machine) => machine !== victim);
    const other = others[this.random.below(others.length)];
    victim.take(other?.entry);
    victim.isKept = true;
    await Promise.all(met);
  }

  /** All compare themselves with all. */
  repair(): void {
    for (const machine of this.up()) {
      for (const { entry } of this.up()) machine.take(entry);
    }
  }
}

interface Program {
  readonly court: Court;
  readonly judging: Judging;
  readonly asking: Asking;
}

/** One machine: what it holds, whom it believes to be there, and how it decides. */
class Villager {
  readonly id: string;
  readonly #village: Village;
  readonly #alive = new Set<string>();
  #program: Program;
  isUp = true;
  isKept = true;
  /** Grows with each death: what was under way before it is gone. */
  life = 0;
  entry: Entry | undefined;
  #revision = 0;
  #stampMs = 0;
  readonly #tickets: Promise<void>[] = [];

  constructor(id: string, village: Village) {
    this.id = id;
    this.#village = village;
    this.#program = this.#boot();
  }

  /** Starts the program anew; what an earlier one was at comes to nothing. */
  #boot(): Program {
    const { id, life } = this;
    const village = this.#village;
    const deciders = {
      mayAct: true,
      orderOf: () => rendezvous(collection, this.#alive),
      mayWrite: () => true,
      isKept: () => this.isKept,
      isKnown: () => this.isKept,
      partsOf: (_: string, asked: string) => (asked === name && this.entry ? [this.entry] : []),
      stampOf: (_: string, asked: string, part: string) =>
        asked === name && part === "spec" ? this.entry?.stamp : undefined,
      keeperRanks: () => [],
      takeOver: () => {
        this.#stampMs = Math.max(this.#stampMs, this.#clockMs + aheadMs);
      },
    };
    const options = {
      self: id,
      machine: { deciders, objects: { list: () => ({ items: [], revision: "" }) } },
      api: { revisionOf: () => (this.entry === undefined ? undefined : this.revision) },
      host: { health: { disk: "", runtime: "", clock: "" }, dispatch: () => undefined },
      lines: { ask: this.#ask },
      clock: () => village.now,
      bring: () => village.pass(2),
      handle: (request: ApiRequest): FinalReply =>
        this.isAlive(life) ? this.#handle(request) : { kind: "json", status: 503, body: {} },
      acknowledged: async (ticket: number) => {
        await this.#tickets[ticket];
        return [];
      },
      revision: () => this.revision,
      observe: () => undefined,
    };
    const court = new Court(stand(options));
    // What comes with answers goes into the registry as any news does.
    court.takeIn = (_, entries) => {
      if (this.isAlive(life)) for (const each of entries) this.take(entryOf(each));
    };
    return {
      court,
      judging: new Judging({ ...options, court }),
      asking: new Asking({ ...options, court }),
    };
  }

  /** Whether a life goes on. */
  isAlive(life: number): boolean {
    return this.isUp && this.life === life;
  }

  /** Its clock: wrong by a little. */
  get #clockMs(): number {
    return this.#village.turns + (this.id.charCodeAt(0) % 5) * 20;
  }

  /** What this machine calls the present version: no other one gives out the same. */
  get revision(): string {
    return `${this.#revision + 1}${this.id.charCodeAt(0)}`;
  }

  die(): void {
    this.isUp = false;
    this.life += 1;
  }

  rise(): void {
    this.isUp = true;
    this.isKept = false;
    this.#program = this.#boot();
  }

  meet(peer: string): void {
    this.#alive.add(peer);
    this.#program.court.machinesChanged(() => false);
  }

  lose(peer: string): void {
    this.#alive.delete(peer);
    this.#program.court.machinesChanged((each) => each === peer);
  }

  /** Holds an entry if it is newer. */
  take(entry: Entry | undefined): void {
    if (entry === undefined || (this.entry !== undefined && entry.stamp <= this.entry.stamp))
      return;
    this.entry = entry;
    this.#revision += 1;
  }

  keys(): readonly string[] {
    const data: unknown = this.entry === undefined ? {} : JSON.parse(this.entry.body);
    return isJsonObject(data) ? Object.keys(data) : [];
  }

  /** What a client does: adds a key to what it has read. Gives the status; 0 if nobody answers. */
  async addKey(key: string): Promise<number> {
    const { life } = this;
    const metadata = { name, resourceVersion: this.revision };
    const data = Object.fromEntries([...this.keys(), key].map((each) => [each, ""]));
    const request: ApiRequest = {
      method: this.entry === undefined ? "POST" : "PUT",
      path: this.entry === undefined ? path.slice(0, -1) : path,
      query: new Map(),
      accept: "application/json",
      contentType: "application/json",
      body: { metadata: this.entry === undefined ? { name } : metadata, data },
      user: { name: "ann", groups: [] },
    };
    assert(isRepeatable(request));
    const reply = await this.#program.asking.decide(request);
    if (reply.kind !== "json") return 0;
    if (reply.ticket !== undefined) await this.#tickets[reply.ticket];
    return this.isAlive(life) ? reply.status : 0;
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
    const ticket = this.#tickets.push(this.#deliver(entry)) - 1;
    const shown = {
      kind: "ConfigMap",
      metadata: { name, resourceVersion: this.revision },
    };
    return { kind: "json", status: method === "POST" ? 201 : 200, body: shown, ticket };
  }

  /** Sends an entry to all that are held to be alive, and waits for a majority of them. */
  async #deliver(entry: Entry): Promise<void> {
    const { life } = this;
    const peers = [...this.#alive].filter((peer) => peer !== this.id);
    const wanted = Math.floor((peers.length + 1) / 2) + 1;
    const held = Promise.withResolvers<void>();
    let holders = 1;
    const check = (): void => {
      // Whoever is gone is not waited for, and who waits may be gone itself.
      const isOver = !this.isAlive(life) || peers.every((peer) => !this.#alive.has(peer));
      if (holders >= wanted || isOver) held.resolve();
    };
    for (const peer of peers) {
      void (async () => {
        await this.#village.pass(turnsMax.message);
        const other = this.#village.machines.get(peer);
        await turnsUntil(
          () => other?.isUp !== false || !this.#alive.has(peer) || !this.isAlive(life),
        );
        if (other?.isUp === true && this.isAlive(life)) {
          other.take(entry);
          await this.#village.pass(turnsMax.message);
          holders += 1;
        }
        check();
      })();
    }
    check();
    await held.promise;
  }

  readonly #ask: QuestionLines["ask"] = async (peer, question) => {
    const village = this.#village;
    const other = village.machines.get(peer);
    await village.pass(turnsMax.message);
    if (other?.isUp !== true) return { kind: "unreachable" };
    const { life } = other;
    if (!this.isUp) return { kind: "unreachable" };
    let isAnswered = false;
    const answering = other.#program.judging.hear(this.id, question).finally(() => {
      isAnswered = true;
    });
    const dead = (async () => {
      await turnsUntil(() => isAnswered || !other.isAlive(life));
      return { kind: "lost" } as const;
    })();
    const answer = await Promise.race([answering, dead]);
    await village.pass(turnsMax.message);
    return other.isAlive(life) ? answer : { kind: "lost" };
  };
}

/** Lets turns of the event loop pass until something holds. */
async function turnsUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

/** Only what a Court looks at is there. */
function stand(options: object): ConstructorParameters<typeof Court>[0] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stand-in for a whole machine
  return options as ConstructorParameters<typeof Court>[0];
}

function entryOf(json: unknown): Entry {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was made of one above
  return json as Entry;
}

/** One story: clients of all machines write while one machine after another dies and comes back. */
async function tell(seed: number): Promise<void> {
  const names = seed % 2 === 0 ? ["a", "b", "c"] : ["a", "b", "c", "d", "e"];
  const village = new Village(seed, names);
  assert.equal(await village.up()[0]?.addKey("first"), 201);
  village.repair();
  const acknowledged = ["first"];
  const clients = [...village.machines.values()].map(async (machine) => {
    const own: string[] = [];
    while (!village.isOver) {
      const key = `${machine.id}-${own.length}`;
      if (machine.isUp && (await machine.addKey(key)) === 200) {
        own.push(key);
        acknowledged.push(key);
      }
      await village.pass(3);
    }
  });
  for (let deaths = 0; deaths < 3; deaths += 1) {
    await village.pass(80);
    const all = [...village.machines.values()];
    const victim = all[village.random.below(all.length)];
    assert(victim);
    await village.kill(victim);
    await village.pass(80);
    village.repair();
    await village.revive(victim);
    await village.pass(turnsMax.news);
    village.repair();
    // Until here machines came and went; from now on it is long ago.
    if (village.random.below(2) === 0) village.nowMs += 60_000;
  }
  village.isOver = true;
  await Promise.all(clients);
  village.repair();
  for (const machine of village.up()) {
    const keys = new Set(machine.keys());
    const lost = acknowledged.filter((key) => !keys.has(key));
    assert.deepEqual(lost, [], `seed ${seed}: lost on ${machine.id}, of ${acknowledged.length}`);
  }
  assert(acknowledged.length > 10, `seed ${seed}: only ${acknowledged.length} written`);
}

describe("handing over", () => {
  for (const first of [0, 10, 20, 30]) {
    test(`loses nothing that was acknowledged, seeds ${first} to ${first + 9}`, async () => {
      for (let seed = first; seed < first + 10; seed += 1) await tell(seed);
    });
  }
});

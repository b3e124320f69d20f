/**
 * A mesh of registries in one process, for the tests of this package: clock, network and disks of
 * one seed, with loss, duplication, reordering, partitions and restarts.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  after,
  hashOf,
  type Instant,
  instantAt,
  type Now,
  type Random,
  seededRandom,
} from "@beemesh/base";
import type { Introductions, Signer, Verifier } from "@beemesh/ports";
import { type Entry, entryKey, type Json, type PeerId, parseJson } from "@beemesh/wire";
import type { RegistryEffect, RegistryEvent } from "./event.ts";
import { decodeRegistryMessage } from "./message-reader.ts";
import { Registry, type RegistryOptions } from "./registry.ts";

export interface Faults {
  readonly lossPerMille: number;
  readonly duplicatesPerMille: number;
  readonly latencyMsMax: number;
}

export const noFaults: Faults = { lossPerMille: 0, duplicatesPerMille: 0, latencyMsMax: 5 };

export interface NetworkOptions {
  readonly seed: number;
  readonly names: readonly PeerId[];
  readonly replicas?: number;
  readonly interested?: RegistryOptions["interested"];
  readonly reunions?: RegistryOptions["reunions"];
  readonly verifier?: Verifier;
  /** Whom each machine knows; without it everybody knows everybody. */
  readonly introductions?: (name: PeerId) => Introductions;
  /** Wall clocks that are wrong, by so many milliseconds. */
  readonly clockErrorsMs?: Readonly<Record<PeerId, number>>;
}

/** A stand-in for Ed25519: a function of key and text that no other key gives. */
export function signerOf(id: PeerId): Signer {
  return { id, sign: (text) => signatureOf(text, id) };
}

export function signatureOf(text: string, author: PeerId): string {
  return hashOf(text, hashOf(author) >>> 0).toString(36);
}

/** Believes every member of the mesh. */
export const trustingVerifier: Verifier = {
  verify: (text, signature, author) => signature === signatureOf(text, author),
  mayAuthor: () => true,
};

/** Milliseconds since 1970 when the simulated clocks begin. */
export const startMs = 1_800_000_000_000;

interface Machine {
  registry: Registry;
  readonly disk: Map<string, Entry>;
  readonly done: RegistryEffect[];
  readonly random: Random;
}

interface Happening {
  readonly at: Instant;
  readonly order: number;
  readonly happen: () => void;
}

export class LossyNetwork {
  readonly random: Random;
  readonly machines = new Map<PeerId, Machine>();
  faults: Faults = noFaults;
  at: Instant = instantAt(0);
  /** Messages and bytes sent since the last reset. */
  messages = 0;
  bytes = 0;
  /** Each message as it was delivered, if wanted. */
  heard: ((from: PeerId, to: PeerId, message: Json) => void) | undefined;
  readonly #options: NetworkOptions;
  /** Each effect as it was performed, if wanted. */
  performed: ((name: PeerId, effect: RegistryEffect) => void) | undefined;
  /** Machines that neither hear nor are heard, though others believe them alive. */
  readonly silent = new Set<PeerId>();
  #sides: ReadonlyMap<PeerId, number> = new Map();
  #happenings: Happening[] = [];
  #order = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.random = seededRandom(options.seed);
    for (const name of options.names) {
      const random = seededRandom(this.random.below(2 ** 32));
      const registry = this.#makeRegistry(name, random);
      this.machines.set(name, { registry, disk: new Map(), done: [], random });
    }
    for (const name of options.names) this.announce(name, options.names);
  }

  now(name: PeerId): Now {
    const errorMs = this.#options.clockErrorsMs?.[name] ?? 0;
    return { at: this.at, wallMs: startMs + this.at + errorMs };
  }

  machine(name: PeerId): Machine {
    const machine = this.machines.get(name);
    assert(machine !== undefined, `${name} is there`);
    return machine;
  }

  registry(name: PeerId): Registry {
    return this.machine(name).registry;
  }

  /** Everything that a machine holds, by key. */
  contents(name: PeerId): Map<string, Entry> {
    const registry = this.registry(name);
    const entries = registry.collections().flatMap((collection) => registry.list(collection));
    return new Map(entries.map((entry) => [entryKey(entry), entry]));
  }

  /** Tells one machine who is alive. */
  announce(name: PeerId, alive: readonly PeerId[]): void {
    this.step(name, { kind: "members", alive: alive.map((id) => ({ id })) });
  }

  write(name: PeerId, record: string, body: string, ticket?: number): void {
    const [collection = "", recordName = ""] = record.split(":");
    const event = { kind: "write", collection, name: recordName, part: "spec", body } as const;
    this.step(name, ticket === undefined ? event : { ...event, ticket });
  }

  step(name: PeerId, event: RegistryEvent): readonly RegistryEffect[] {
    const machine = this.machine(name);
    const effects = machine.registry.step(event, this.now(name));
    for (const effect of effects) this.#perform(name, machine, effect);
    return effects;
  }

  /** Cuts the network: only machines of one side hear each other. */
  partition(...sides: readonly (readonly PeerId[])[]): void {
    this.#sides = new Map(sides.flatMap((side, index) => side.map((name) => [name, index])));
    for (const side of sides) for (const name of side) this.announce(name, side);
  }

  heal(): void {
    const { names } = this.#options;
    this.#sides = new Map();
    for (const name of names) this.announce(name, names);
    for (const name of names) {
      for (const peer of names) if (peer !== name) this.step(name, { kind: "connected", peer });
    }
  }

  /** A machine forgets all but what its disk holds. */
  restart(name: PeerId, alive: readonly PeerId[] = this.#options.names): void {
    const machine = this.machine(name);
    machine.registry = this.#makeRegistry(name, machine.random);
    this.step(name, { kind: "load", entries: [...machine.disk.values()] });
    this.announce(name, alive);
  }

  /** Lets time pass. */
  run(durationMs: number): void {
    const end = after(this.at, durationMs);
    for (;;) {
      const next = this.#takeNext(end);
      if (next === undefined) break;
      this.at = next.at;
      next.happen();
    }
    this.at = end;
  }

  /** Lets time pass in which nothing happens: what was planned happens right after it. */
  skip(durationMs: number): void {
    this.at = after(this.at, durationMs);
    this.#happenings = this.#happenings.map((happening) => ({ ...happening, at: this.at }));
  }

  #takeNext(end: Instant): Happening | undefined {
    let best = -1;
    for (const [index, { at, order }] of this.#happenings.entries()) {
      const other = this.#happenings[best];
      const isEarlier =
        other === undefined || at < other.at || (at === other.at && order < other.order);
      if (isEarlier && at <= end) best = index;
    }
    return best < 0 ? undefined : this.#happenings.splice(best, 1)[0];
  }

  #perform(name: PeerId, machine: Machine, effect: RegistryEffect): void {
    this.performed?.(name, effect);
    if (effect.kind === "persist") {
      for (const entry of effect.entries) machine.disk.set(entryKey(entry), entry);
    } else if (effect.kind === "drop") {
      for (const key of effect.keys) machine.disk.delete(key);
    } else if (effect.kind === "wake") {
      const { registry } = machine;
      this.#plan(effect.at, () => {
        if (machine.registry === registry) this.step(name, { kind: "tick" });
      });
    } else if (effect.kind === "send") {
      this.#send(name, effect.to, JSON.stringify(effect.message));
    } else machine.done.push(effect);
  }

  #send(from: PeerId, to: PeerId, text: string): void {
    this.messages += 1;
    this.bytes += text.length;
    const { lossPerMille, duplicatesPerMille, latencyMsMax } = this.faults;
    const copies = this.random.below(1000) < duplicatesPerMille ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.random.below(1000) < lossPerMille) continue;
      const at = after(this.at, 1 + this.random.below(latencyMsMax));
      this.#plan(at, () => this.#deliver(from, to, text));
    }
  }

  #deliver(from: PeerId, to: PeerId, text: string): void {
    if (this.#sides.get(from) !== this.#sides.get(to) || this.silent.has(from)) return;
    if (this.silent.has(to)) return;
    const json = parseJson(text, { lengthMax: 2 * 1024 * 1024, depthMax: 16 });
    assert(json !== undefined, "a message fits into the largest one");
    const message = decodeRegistryMessage(json);
    assert(message !== undefined, `a registry understands another: ${text.slice(0, 200)}`);
    this.heard?.(from, to, json);
    this.step(to, { kind: "message", from, message });
  }

  #plan(at: Instant, happen: () => void): void {
    this.#happenings.push({ at, order: this.#order, happen });
    this.#order += 1;
  }

  #makeRegistry(self: PeerId, random: Random): Registry {
    const { replicas, interested, introductions, verifier = trustingVerifier } = this.#options;
    const { reunions } = this.#options;
    return new Registry({
      self,
      signer: signerOf(self),
      verifier,
      introductions: introductions?.(self),
      random,
      reunions,
      ...(replicas === undefined ? {} : { replicas }),
      ...(interested === undefined ? {} : { interested }),
    });
  }
}

test("the network delivers in order of time and keeps disks apart", () => {
  const network = new LossyNetwork({ seed: 1, names: ["ann", "bob"] });
  network.write("ann", "pods/default:a", "{}");
  assert.equal(network.contents("bob").size, 0);
  network.run(10);
  assert.equal(network.contents("bob").size, 1);
  assert.deepEqual(network.machine("ann").disk, network.machine("bob").disk);
});

/**
 * A village of machines in one process, for the tests of this package: a virtual clock, messages
 * that take two milliseconds, and runtimes that do what they are told. The simulator does the
 * same with faults; here the stories are told without.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, instantAt, type Now, seededRandom, unreachable } from "@beemesh/base";
import { findResource, type KubeObject } from "@beemesh/model";
import type { RuntimeCommand, RuntimeReport } from "@beemesh/pods";
import type { Entry, PeerId } from "@beemesh/wire";
import { entryKey } from "@beemesh/wire";
import type { MachineEffect, MachineEvent } from "./event.ts";
import { Machine } from "./machine.ts";
import type { NodeFacts } from "./node.ts";

const messageMs = 2;
const containerMs = 30;
const epochMs = Date.UTC(2026, 10, 20);

interface Villager {
  machine: Machine;
  readonly disk: Map<string, Entry>;
  /** Containers that run, by pod uid. */
  readonly running: Set<string>;
  readonly topics: Set<string>;
  isUp: boolean;
}

export class Village {
  readonly villagers = new Map<PeerId, Villager>();
  readonly log: string[] = [];
  readonly #planned: { atMs: number; order: number; happen: () => void }[] = [];
  readonly #random = seededRandom(7);
  readonly #cut = new Set<PeerId>();
  #ms = 0;
  #order = 0;

  constructor(count: number) {
    for (let index = 1; index <= count; index += 1) this.boot(`p${index}`);
    for (const one of this.villagers.keys()) this.#connect(one);
  }

  get now(): Now {
    return { at: instantAt(this.#ms), wallMs: epochMs + this.#ms };
  }

  at(peer: PeerId): Villager {
    const villager = this.villagers.get(peer);
    assert(villager, `${peer} lives here`);
    return villager;
  }

  /** Boots a machine with what its disk holds. */
  boot(peer: PeerId): void {
    const disk = this.villagers.get(peer)?.disk ?? new Map<string, Entry>();
    const machine = new Machine({
      facts: factsOf(peer),
      signer: { id: peer, sign: (text) => hashOf(text).toString(36).padEnd(86, "A") },
      verifier: { verify: () => true, mayAuthor: () => true },
      random: this.#random,
      now: this.now,
      incarnation: this.#ms + 1,
      entries: disk.values(),
      ceiling: undefined,
    });
    const fresh = {
      machine,
      disk,
      running: new Set<string>(),
      topics: new Set<string>(),
      isUp: true,
    };
    this.villagers.set(peer, fresh);
    this.give(peer, { kind: "start" });
    this.give(peer, { kind: "found", pods: [] });
  }

  /** The machine is gone with all that it ran. */
  kill(peer: PeerId): void {
    const villager = this.at(peer);
    villager.isUp = false;
    villager.running.clear();
  }

  reboot(peer: PeerId): void {
    this.boot(peer);
    this.#connect(peer);
  }

  /** Nobody reaches the machine, and it reaches nobody. */
  cut(peer: PeerId): void {
    this.#cut.add(peer);
  }

  join(peer: PeerId): void {
    this.#cut.delete(peer);
    this.#connect(peer);
  }

  give(peer: PeerId, event: MachineEvent): void {
    const villager = this.villagers.get(peer);
    if (!villager?.isUp) return;
    for (const effect of villager.machine.step(event, this.now)) this.#perform(peer, effect);
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

  put(peer: PeerId, object: KubeObject): void {
    const { objects } = this.at(peer).machine;
    const resource = objects.resources.ofKind(object.apiVersion, object.kind);
    assert(resource, object.kind);
    objects.putSpec(resource, object);
    this.give(peer, { kind: "tick" });
  }

  /** The one container of each pod on a machine ends. */
  exit(peer: PeerId, exitCode: number): void {
    const villager = this.at(peer);
    const exit = { exitCode, outOfMemory: false, finishedAtMs: this.now.wallMs };
    for (const uid of villager.running) {
      villager.running.delete(uid);
      const event = { kind: "exited", uid, container: "web", attempt: 0, exit } as const;
      this.give(peer, { kind: "runtime", event });
    }
  }

  list(peer: PeerId, group: string, name: string): readonly KubeObject[] {
    const resource = findResource(group, name);
    assert(resource, name);
    return this.at(peer).machine.objects.list(resource).items;
  }

  #plan(afterMs: number, happen: () => void): void {
    this.#planned.push({ atMs: this.#ms + afterMs, order: (this.#order += 1), happen });
  }

  #connect(peer: PeerId): void {
    for (const [other, { isUp }] of this.villagers) {
      if (other === peer || !isUp || !this.#reaches(peer, other)) continue;
      this.give(peer, { kind: "link", event: { kind: "connected", peer: other } });
      this.give(other, { kind: "link", event: { kind: "connected", peer } });
    }
  }

  #reaches(from: PeerId, to: PeerId): boolean {
    return this.#cut.has(from) === this.#cut.has(to);
  }

  #perform(peer: PeerId, effect: MachineEffect): void {
    const villager = this.at(peer);
    if (effect.kind === "subscribe") villager.topics.add(effect.topic);
    else if (effect.kind === "wake") {
      this.#plan(Math.max(0, effect.at - this.#ms), () => this.give(peer, { kind: "tick" }));
    } else if (effect.kind === "runtime") this.#runtime(peer, villager, effect.command);
    else if (effect.kind === "observe") {
      this.log.push(`${this.#ms} ${peer} ${effect.event} ${JSON.stringify(effect.facts)}`);
    } else this.#carry(peer, villager, effect);
  }

  /** To the disk, or to others. */
  #carry(peer: PeerId, villager: Villager, effect: MachineEffect): void {
    if (effect.kind === "persist") {
      for (const entry of effect.entries) villager.disk.set(entryKey(entry), entry);
    } else if (effect.kind === "drop") {
      for (const key of effect.keys) villager.disk.delete(key);
    } else if (effect.kind === "send") {
      this.#deliver(peer, effect.to, { kind: "message", from: peer, message: effect.message });
    } else if (effect.kind === "publish") {
      const { topic, message } = effect;
      for (const [to, { topics }] of this.villagers) {
        if (to === peer || !topics.has(topic)) continue;
        this.#deliver(peer, to, { kind: "broadcast", from: peer, topic, message });
      }
    }
  }

  #deliver(
    from: PeerId,
    to: PeerId,
    event: Extract<MachineEvent, { kind: "link" }>["event"],
  ): void {
    this.#plan(messageMs, () => {
      if (this.#reaches(from, to) && this.at(from).isUp) this.give(to, { kind: "link", event });
    });
  }

  #runtime(peer: PeerId, villager: Villager, command: RuntimeCommand): void {
    this.#plan(containerMs, () => {
      if (this.villagers.get(peer) !== villager || !villager.isUp) return;
      if (command.kind === "startContainer") villager.running.add(command.uid);
      if (command.kind === "removePod" || command.kind === "stopContainer") {
        villager.running.delete(command.uid);
      }
      if (command.kind === "stopContainer") {
        const exit = { exitCode: 143, outOfMemory: false, finishedAtMs: this.now.wallMs };
        const { uid, container } = command;
        this.give(peer, {
          kind: "runtime",
          event: { kind: "exited", uid, container, attempt: 0, exit },
        });
      }
      this.give(peer, { kind: "report", report: reportOf(command, this.now.wallMs) });
    });
  }
}

function reportOf(command: RuntimeCommand, wallMs: number): RuntimeReport {
  const { uid } = command;
  switch (command.kind) {
    case "createPod":
      return { kind: "podCreated", uid, ip: "10.1.0.1" };
    case "startContainer": {
      const started = { id: `c-${uid}`, imageId: "i", startedAtMs: wallMs };
      const { plan, attempt } = command;
      return { kind: "containerStarted", uid, container: plan.name, attempt, started };
    }
    case "stopContainer":
      return { kind: "containerStopped", uid, container: command.container };
    case "resizeContainer": {
      const { container, attempt } = command;
      return { kind: "containerResized", uid, container, attempt, ok: true, message: "" };
    }
    case "writeFiles":
      return { kind: "filesWritten", uid };
    case "retirePod":
      return { kind: "podRetired", uid };
    case "removePod":
      return { kind: "podRemoved", uid };
    case "probe": {
      const { container, attempt, probe } = command;
      return { kind: "probed", uid, container, attempt, probe, ok: true, message: "" };
    }
    case "hook": {
      const { container, attempt, hook } = command;
      return { kind: "hooked", uid, container, attempt, hook, ok: true, message: "" };
    }
    default:
      return unreachable(command);
  }
}

export function factsOf(peer: PeerId): NodeFacts {
  return {
    name: `m-${peer}`,
    peer,
    labels: {},
    addresses: [`/ip4/10.0.0.1/tcp/1/p2p/${peer}`],
    hostIp: "10.0.0.1",
    cpuMillicores: 4000,
    memoryBytes: 8 * 1024 ** 3,
    diskBytes: 1024 ** 4,
    podsMax: 110,
    runtimeHandlers: ["runc"],
    system: {
      architecture: "amd64",
      operatingSystem: "linux",
      osImage: "Debian",
      kernelVersion: "6",
      runtimeVersion: "simulated://1",
      version: "v0",
      machineId: peer,
      bootId: "1",
    },
  };
}

export function deploymentOf(replicas: number): KubeObject {
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "d-1", generation: 1, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
      },
      template: {
        metadata: { labels },
        spec: { restartPolicy: "Always", containers: [{ name: "web", image: "x" }] },
      },
    },
  };
}

export function jobOf(completions: number): KubeObject {
  const containers = [{ name: "web", image: "x" }];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "pi", namespace: "default", uid: "j-1", generation: 1 },
    spec: {
      completions,
      parallelism: completions,
      template: { spec: { restartPolicy: "Never", containers } },
    },
  };
}

test("a village hears of all who live in it", () => {
  const village = new Village(3);
  village.run(3000);
  for (const { machine } of village.villagers.values()) {
    assert.equal(
      [...machine.members().values()].filter(({ state }) => state === "alive").length,
      3,
    );
  }
  assert.equal(village.list("p1", "", "nodes").length, 3);
});

import type { PeerId } from "@beemesh/wire";
import { headcount } from "../checkers/headcount.ts";
import type { Violation } from "../checkers/sight.ts";
import { Histogram } from "../histogram.ts";
import { Mesh } from "../mesh.ts";
import type { NodeEffect } from "../node.ts";
import { deploymentOf } from "./client.ts";
import { type Outcome, outcomeOf, type ScenarioOptions } from "./outcome.ts";

/** Pods of one Deployment, Deployments of one namespace: a thousand workloads in no one place. */
const podsPerDeployment = 50;
const deploymentsPerNamespace = 10;

/** Machines that come in one tenth of a second, so that birth is no stampede. */
const birthsPerTick = 10;

/** Of a hundred machines, how many die at once, and how many then one by one. */
const percentAtOnce = 3;
const oneByOne = 5;

/** The mesh has so long to place all pods, and to heal: the promise is 3 s for one machine. */
const placeMsMax = 120_000;
const healMsMax = 30_000;

/** A clone must run this soon after its machine's death, at the 99th percentile. */
const healP99MsMax = 10_000;

/** How often a client writes again what a machine refused. */
const writeTriesMax = 50;

/** How often the mesh is looked at. */
const lookMs = 100;

/** Many machines run many pods, some die, and their pods run elsewhere soon after. */
export function heal(options: ScenarioOptions): Outcome {
  return new Heal(options).run();
}

class Heal {
  readonly #options: ScenarioOptions;
  readonly #mesh: Mesh;
  readonly #machines: number;
  readonly #pods: number;
  readonly #deathMs = new Map<string, number>();
  readonly #detection = new Histogram();
  readonly #healing = new Histogram();
  #falseDeaths = 0;
  #sentForPlacing = 0;
  #violations: Violation[] = [];

  constructor(options: ScenarioOptions) {
    this.#options = options;
    this.#machines = options.machines ?? 20;
    this.#pods = options.pods ?? 10 * this.#machines;
    this.#mesh = new Mesh(options.seed, {
      watch: (_, effect, nowMs) => this.#watch(effect, nowMs),
    });
  }

  run(): Outcome {
    this.#gather();
    const placeMs = this.#place();
    const quiet = this.#rest();
    this.#kill(Math.max(1, Math.floor((this.#machines * percentAtOnce) / 100)));
    const atOnce = this.#healing.count;
    for (let index = 0; index < oneByOne && this.#mesh.up().length > 2; index += 1) this.#kill(1);
    const p99 = this.#healing.quantile(0.99);
    if (p99 > healP99MsMax) {
      const message = `1 of 100 clones ran later than ${Math.round(p99)} ms after the death`;
      this.#violations.push({ invariant: "liveness", message });
    }
    const metrics = {
      machines: this.#machines,
      pods: this.#pods,
      placeMs: Math.round(placeMs),
      placementsPerSecond: Math.round((this.#pods / Math.max(1, placeMs)) * 1000),
      messagesPerPlacement: rounded(this.#sentForPlacing / this.#pods),
      ...quiet,
      clones: this.#healing.count,
      clonesAtOnce: atOnce,
      healMsP50: Math.round(this.#healing.quantile(0.5)),
      healMsP99: Math.round(p99),
      healMsMax: Math.round(this.#healing.quantile(1)),
      detectionMsP50: Math.round(this.#detection.quantile(0.5)),
      detectionMsMax: Math.round(this.#detection.quantile(1)),
      falseDeaths: this.#falseDeaths,
      happened: this.#mesh.world.happened,
    };
    const found = { violations: this.#violations, metrics };
    return outcomeOf("heal", this.#options.seed, found);
  }

  #gather(): void {
    const { world } = this.#mesh;
    for (let index = 0; index < this.#machines; index += 1) {
      this.#mesh.grow();
      if (index % birthsPerTick === birthsPerTick - 1) world.run(world.nowMs + lookMs);
      if (index % 100 === 99) this.#tell(`${index + 1} machines`);
    }
    world.run(world.nowMs + 8000);
    this.#tell("the mesh has met");
  }

  /** Writes Deployments at machines all over the mesh, and waits until all pods run. */
  #place(): number {
    const { world } = this.#mesh;
    const startMs = world.nowMs;
    const before = this.#sent().messages;
    const count = Math.ceil(this.#pods / podsPerDeployment);
    for (let index = 0; index < count; index += 1) this.#write(index, count);
    const done = (): boolean => this.#running().size >= this.#pods;
    while (!done() && world.nowMs < startMs + placeMsMax) {
      world.run(world.nowMs + lookMs);
      if (Math.round(world.nowMs / lookMs) % 10 === 0) this.#tell(`${this.#running().size} run`);
    }
    if (!done()) {
      const message = `${this.#running().size} of ${this.#pods} pods came to run`;
      this.#violations.push({ invariant: "liveness", message });
    }
    this.#sentForPlacing = this.#sent().messages - before;
    return world.nowMs - startMs;
  }

  #write(index: number, count: number): void {
    const { random } = this.#mesh.world;
    const up = this.#mesh.up();
    const at = up[random.below(up.length)];
    if (at === undefined) return;
    const namespace = `team-${Math.floor(index / deploymentsPerNamespace)}`;
    const name = `app-${index}`;
    const left = this.#pods - index * podsPerDeployment;
    const replicas = index === count - 1 ? left : podsPerDeployment;
    if (index % deploymentsPerNamespace === 0) {
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
      this.#mesh.request(at, { method: "POST", path: "api/v1/namespaces", body });
      this.#mesh.world.run(this.#mesh.world.nowMs + lookMs);
    }
    const path = `apis/apps/v1/namespaces/${namespace}/deployments`;
    const body = deploymentOf(name, replicas, { namespace });
    // A machine that has not heard of the namespace yet says so, and follows it from then on.
    for (let tries = 0; tries < writeTriesMax; tries += 1) {
      const reply = this.#mesh.request(at, { method: "POST", path, body });
      if (reply !== undefined && reply.status < 300) return;
      this.#mesh.world.run(this.#mesh.world.nowMs + lookMs);
    }
  }

  /** Nothing happens for some seconds: what a mesh costs that only lives. */
  #rest(): Readonly<Record<string, number>> {
    const { world } = this.#mesh;
    const restMs = 10_000;
    world.run(world.nowMs + restMs / 2);
    const before = this.#sent();
    world.run(world.nowMs + restMs);
    const after = this.#sent();
    const machineSeconds = (this.#machines * restMs) / 1000;
    this.#tell("the mesh rests");
    return {
      idleMessagesPerMachineSecond: rounded((after.messages - before.messages) / machineSeconds),
      idleBytesPerMachineSecond: Math.round((after.bytes - before.bytes) / machineSeconds),
    };
  }

  /** Machines lose their power at one moment; waits until what they ran runs elsewhere. */
  #kill(count: number): void {
    const { world } = this.#mesh;
    const before = this.#running();
    const deathMs = world.nowMs;
    const lost = new Set<string>();
    for (let index = 0; index < count; index += 1) {
      const up = this.#mesh.up();
      const id = up[world.random.below(up.length)];
      if (id === undefined) break;
      this.#deathMs.set(id, deathMs);
      for (const [slot, machine] of before) if (machine === id) lost.add(slot);
      world.crash(id, { power: true });
    }
    this.#tell(`${count} machines die with ${lost.size} pods`);
    while (lost.size > 0 && world.nowMs < deathMs + healMsMax) {
      world.run(world.nowMs + lookMs);
      const running = this.#running();
      for (const slot of lost) {
        if (!running.has(slot)) continue;
        lost.delete(slot);
        this.#healing.add(world.nowMs - deathMs);
      }
    }
    if (lost.size > 0) {
      const message = `${lost.size} pods of dead machines run nowhere after ${healMsMax} ms`;
      this.#violations.push({ invariant: "liveness", message });
    }
    if (this.#machines <= 100) this.#violations.push(...headcount(this.#mesh.see()));
  }

  /** Slots that run, and where. */
  #running(): ReadonlyMap<string, PeerId> {
    const { world } = this.#mesh;
    const running = new Map<string, PeerId>();
    for (const id of this.#mesh.up()) {
      const runtime = world.runtime(id);
      for (const { uid, namespace, name } of runtime.list()) {
        if (runtime.isRunning(uid)) running.set(`${namespace}/${name}`, id);
      }
    }
    return running;
  }

  #sent(): { readonly messages: number; readonly bytes: number } {
    const { world } = this.#mesh;
    let [messages, bytes] = [0, 0];
    for (const id of world.ids) {
      const traffic = world.traffic(id);
      messages += traffic.sentMessages;
      bytes += traffic.sentBytes;
    }
    return { messages, bytes };
  }

  #watch(effect: NodeEffect, nowMs: number): void {
    if (effect.kind !== "observe" || effect.event !== "machine.dead") return;
    const deathMs = this.#deathMs.get(String(effect.facts["peer"]));
    if (deathMs === undefined) this.#falseDeaths += 1;
    else this.#detection.add(nowMs - deathMs);
  }

  #tell(line: string): void {
    this.#options.progress?.(`${(this.#mesh.world.nowMs / 1000).toFixed(1)} s: ${line}`);
  }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

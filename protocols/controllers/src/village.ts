import {
  after,
  assert,
  type Instant,
  instantAt,
  type Now,
  type Random,
  rendezvous,
  seededRandom,
  unreachable,
} from "@beemesh/base";
import {
  isPod,
  type KubeObject,
  type Pod,
  type PodStatus,
  type Resource,
  resourceOfKind,
} from "@beemesh/model";
import type { MachineUsage } from "@beemesh/ports";
import { type CollectionId, formatStamp } from "@beemesh/wire";
import { keyOfName } from "./census.ts";
import { Controllers } from "./controllers.ts";
import type { ControllersEffect } from "./effect.ts";
import { effectLine } from "./effect-line.ts";
import type { Verdict } from "./hearings.ts";
import { podResource } from "./kinds.ts";
import { isOver } from "./pod-facts.ts";
import { boundAtAnnotation, boundAtMs, settle } from "./settlement.ts";
import { Shelf } from "./shelf.ts";
import { timestampOf } from "./timestamp.ts";

/** The wall clock of a village when its own clock is at 0: 2026-03-01T00:00:00Z. */
const startWallMs = 1_772_323_200_000;

/** A write, as it travels: the newer stamp wins. */
interface Letter {
  readonly key: string;
  readonly stamp: string;
  readonly resource: Resource;
  readonly part: "spec" | "status";
  readonly namespace: string;
  readonly name: string;
  /** Undefined for a tombstone. */
  readonly object: KubeObject | undefined;
}

interface Held {
  readonly pod: Pod;
  readonly heldSinceMs: number;
}

interface House {
  readonly name: string;
  readonly shelf: Shelf;
  readonly letters: Map<string, Letter>;
  controllers: Controllers;
  readonly held: Map<string, Held>;
  isUp: boolean;
  /** Which side of a partition it is on. */
  side: number;
}

/** How the times of a village are set. */
export interface VillageOptions {
  readonly machines: number;
  readonly seed?: number;
  /** A letter takes up to this long. */
  readonly latencyMsMax?: number;
  /** The award of an auction is known after this. */
  readonly auctionMs?: number;
  /** How long a pod takes to be ready. */
  readonly startMs?: number;
  /** What machines say that they use, when they are asked. */
  readonly usageOf?: (machines: readonly string[], wallMs: number) => readonly MachineUsage[];
  /** What webhooks and policies say of a pod that is to be made; they have nothing against it. */
  readonly judge?: (pod: Pod, controller: string) => Verdict;
  /** How long they take. */
  readonly judgeMs?: number;
  /** No machine takes a pod. */
  readonly isFull?: boolean;
}

/**
 * A few machines that each keep everything, run controllers and pods, and write letters to each
 * other: what the controllers are tried in. It can lose machines and be cut in two.
 */
export class Village {
  /** Clones that were published and Events of Kubernetes, in words. */
  readonly log: string[] = [];
  /** Everything that was done, each with its time and machine. */
  readonly trace: string[] = [];
  readonly #houses: readonly House[];
  readonly #random: Random;
  readonly #options: Required<VillageOptions>;
  readonly #planned: { readonly at: Instant; readonly happen: () => void }[] = [];
  #order = 0;
  #at = instantAt(0);

  constructor(options: VillageOptions) {
    this.#options = {
      seed: 1,
      latencyMsMax: 20,
      auctionMs: 200,
      startMs: 300,
      isFull: false,
      usageOf: () => [],
      judge: (pod) => ({ ok: true, pod }),
      judgeMs: 100,
      ...options,
    };
    this.#random = seededRandom(this.#options.seed);
    this.#houses = Array.from({ length: options.machines }, (_, index) => this.#build(`m${index}`));
  }

  get now(): Now {
    return { at: this.#at, wallMs: startWallMs + this.#at };
  }

  /** What a machine knows: all objects of a kind, by name. */
  list(resource: Resource, machine = 0): KubeObject[] {
    const { shelf } = this.#house(machine);
    return [...shelf.list(resource).items].toSorted((a, b) =>
      a.metadata.name < b.metadata.name ? -1 : 1,
    );
  }

  /** The pods that machines run, whatever the registry says: machine and uid of each. */
  running(): { readonly machine: string; readonly pod: Pod }[] {
    return this.#houses
      .filter(({ isUp }) => isUp)
      .flatMap(({ name, held }) => [...held.values()].map(({ pod }) => ({ machine: name, pod })));
  }

  /** A user's write at a machine's API. */
  apply(object: KubeObject, machine = 0): void {
    const house = this.#house(machine);
    const resource = house.shelf.resources.ofKind(object.apiVersion, object.kind);
    this.#write(house, resource ?? knownResource(object), "spec", object);
    this.#tick(house);
  }

  /** Somebody's word about the status of an object, such as a machine's about a pod it runs. */
  report(object: KubeObject, machine = 0): void {
    const house = this.#house(machine);
    this.#write(house, knownResource(object), "status", object);
    this.#tick(house);
  }

  /** A user's deletion at a machine's API, in the background. */
  delete(resource: Resource, name: string, machine = 0): void {
    const house = this.#house(machine);
    this.#tombstone(house, resource, resource.namespaced ? "default" : "", name);
    this.#tick(house);
  }

  crash(machine: number): void {
    this.#note(`m${machine}`, "crashes");
    this.#house(machine).isUp = false;
    this.#after(1000, () => this.#regard());
  }

  /** The machine is back, with an empty runtime; it gets the letters that it missed. */
  reboot(machine: number): void {
    const house = this.#house(machine);
    house.isUp = true;
    const pods = [...house.held.values()];
    house.held.clear();
    for (const { pod } of pods) this.#hold(house, pod);
    for (const { metadata } of house.shelf.list(podResource).items) {
      this.#after(0, () => this.#regardPod(house, metadata.namespace ?? "", metadata.name));
    }
    this.#exchange();
  }

  /** Cuts the network: the machines named are on the other side. */
  cut(...machines: number[]): void {
    this.#note(machines.map((machine) => `m${machine}`).join(" "), "cut off");
    for (const [index, house] of this.#houses.entries())
      house.side = machines.includes(index) ? 1 : 0;
    this.#after(1000, () => this.#regard());
  }

  heal(): void {
    this.#note("all", "see each other again");
    for (const house of this.#houses) house.side = 0;
    this.#exchange();
  }

  /** A pod's sandbox vanishes from its machine. */
  vanish(uid: string): void {
    for (const house of this.#houses) {
      const held = house.held.get(uid);
      if (held === undefined) continue;
      house.held.delete(uid);
      const status = { ...held.pod.status, phase: "Failed" as const, reason: "Lost" };
      this.#write(house, podResource, "status", { ...held.pod, status });
      this.#tick(house);
    }
  }

  /** The containers of a pod come to their end, and are not started again. */
  finish(uid: string, phase: "Succeeded" | "Failed", exitCode = phase === "Failed" ? 1 : 0): void {
    for (const house of this.#houses) {
      const held = house.held.get(uid);
      if (held === undefined || !house.isUp) continue;
      house.held.delete(uid);
      this.#note(house.name, `sees the end of ${held.pod.metadata.name}: ${phase}`);
      this.#write(house, podResource, "status", {
        ...held.pod,
        status: this.#endOf(phase, exitCode),
      });
      this.#tick(house);
    }
  }

  /** Lets time pass. */
  pass(durationMs: number): void {
    const until = after(this.#at, durationMs);
    for (let steps = 0; ; steps += 1) {
      assert(steps < stepsMax, `a village comes to rest within ${stepsMax} steps`);
      const next = this.#planned[0];
      if (next === undefined || next.at > until) break;
      this.#planned.shift();
      this.#at = next.at > this.#at ? next.at : this.#at;
      next.happen();
    }
    this.#at = until;
  }

  #endOf(phase: "Succeeded" | "Failed", exitCode: number): PodStatus {
    const finishedAt = timestampOf(this.now.wallMs);
    const state = { terminated: { exitCode, reason: "Ended", finishedAt } };
    const container = {
      name: "main",
      image: "i",
      imageID: "",
      ready: false,
      restartCount: 0,
      state,
    };
    return { phase, containerStatuses: [container] };
  }

  #build(name: string): House {
    const shelf = new Shelf();
    const house: House = {
      name,
      shelf,
      letters: new Map(),
      controllers: new Controllers({ self: name, store: shelf, members: this.#membersOf(name) }),
      held: new Map(),
      isUp: true,
      side: 0,
    };
    shelf.onChange(({ resource, object }) => {
      if (resource === podResource && isPod(object)) {
        this.#after(0, () =>
          this.#regardPod(house, object.metadata.namespace ?? "", object.metadata.name),
        );
      }
    });
    return house;
  }

  #membersOf(self: string): ConstructorParameters<typeof Controllers>[0]["members"] {
    const visible = (): string[] => {
      const own = this.#houses.find(({ name }) => name === self);
      return this.#houses
        .filter(({ isUp, side }) => isUp && side === own?.side)
        .map(({ name }) => name);
    };
    return {
      rankOf: (collection: CollectionId) => {
        const rank = rendezvous(collection, visible()).indexOf(self);
        return rank < 0 ? undefined : rank;
      },
      isAlive: (machine: string) => visible().includes(machine),
    };
  }

  #house(machine: number): House {
    const house = this.#houses[machine];
    assert(house !== undefined, "the village has the machine");
    return house;
  }

  #after(inMs: number, happen: () => void): void {
    const at = after(this.#at, inMs);
    const index = this.#planned.findLastIndex((planned) => planned.at <= at);
    this.#planned.splice(index + 1, 0, { at, happen });
  }

  #regard(): void {
    for (const house of this.#houses) {
      if (house.isUp) this.#perform(house, house.controllers.step({ kind: "members" }, this.now));
    }
    for (const house of this.#houses) this.#tick(house);
  }

  #tick(house: House): void {
    for (let round = 0; house.isUp && round < roundsMax; round += 1) {
      this.#perform(house, house.controllers.step({ kind: "tick" }, this.now));
      if (!house.controllers.hasWork) return;
    }
    assert(!house.isUp, `controllers come to rest within ${roundsMax} rounds`);
  }

  #perform(house: House, effects: readonly ControllersEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "wake") this.#note(house.name, effectLine(effect));
      this.#performOne(house, effect);
    }
  }

  #performOne(house: House, effect: ControllersEffect): void {
    switch (effect.kind) {
      case "put":
        this.#write(house, effect.resource, "spec", effect.object);
        break;
      case "putStatus":
        this.#write(house, effect.resource, "status", effect.object);
        break;
      case "remove":
        this.#removeRef(house, effect);
        break;
      case "schedule":
        this.#offer(house, effect);
        break;
      case "event":
        this.#tell(
          `${effect.reason} ${effect.object.kind}/${effect.object.name}: ${effect.message}`,
        );
        break;
      case "measure":
        this.#measure(house, effect);
        break;
      case "admit":
        this.#judge(house, effect);
        break;
      case "wake":
        this.#after(Math.max(0, effect.at - this.#at), () => this.#tick(house));
        break;
      case "observe":
        if (effect.event !== "clone.published") break;
        this.#tell(`Published clone task ${effect.facts["task"]} for ${effect.facts["workload"]}`);
        break;
      default:
        unreachable(effect);
    }
  }

  #measure(house: House, { uid, machines }: Extract<ControllersEffect, { kind: "measure" }>): void {
    this.#after(this.#options.auctionMs, () => {
      const usages = this.#options.usageOf(machines, this.now.wallMs);
      if (!house.isUp) return;
      this.#perform(house, house.controllers.step({ kind: "usage", uid, usages }, this.now));
      this.#tick(house);
    });
  }

  #judge(house: House, { pod, controller }: Extract<ControllersEffect, { kind: "admit" }>): void {
    this.#after(this.#options.judgeMs, () => {
      if (!house.isUp) return;
      const verdict = this.#options.judge(pod, controller);
      const event = { kind: "admitted", uid: pod.metadata.uid ?? "", verdict } as const;
      this.#perform(house, house.controllers.step(event, this.now));
      this.#tick(house);
    });
  }

  #note(who: string, what: string): void {
    this.trace.push(`${String(this.#at).padStart(6)} ${who} ${what}`);
  }

  #tell(line: string): void {
    this.log.push(line);
  }

  #removeRef(
    house: House,
    { resource, ref }: Extract<ControllersEffect, { kind: "remove" }>,
  ): void {
    const { namespace = "", name, uid } = ref;
    const there = house.shelf.get(resource, namespace, name);
    if (there?.metadata.uid === uid) this.#tombstone(house, resource, namespace, name);
  }

  #offer(house: House, { pods }: Extract<ControllersEffect, { kind: "schedule" }>): void {
    for (const pod of pods) {
      this.#after(this.#options.auctionMs, () => this.#award(house, pod));
    }
  }

  /** The machine with the fewest pods takes it. */
  #award(house: House, pod: Pod): void {
    const { namespace = "", name, uid = "" } = pod.metadata;
    const record = house.shelf.get(podResource, namespace, name);
    const isOpen = record !== undefined && isPod(record) && record.metadata.uid === uid;
    if (!house.isUp || !isOpen || record.spec.nodeName) return;
    const candidates = this.#houses
      .filter(({ isUp, side }) => isUp && side === house.side)
      .toSorted((a, b) => a.held.size - b.held.size);
    const [winner] = this.#options.isFull ? [] : candidates;
    if (winner === undefined) {
      const message = "0/0 machines are available";
      const event = { kind: "unschedulable", uid, message } as const;
      this.#perform(house, house.controllers.step(event, this.now));
      this.#tick(house);
      return;
    }
    const annotations = {
      ...record.metadata.annotations,
      [boundAtAnnotation]: this.#stamp(house),
    };
    const metadata = { ...record.metadata, annotations };
    const spec = { ...record.spec, nodeName: winner.name };
    this.#write(house, podResource, "spec", { ...record, metadata, spec });
    const event = { kind: "scheduled", uid, machine: winner.name } as const;
    this.#perform(house, house.controllers.step(event, this.now));
    this.#tick(house);
  }

  /** What a machine does when a record of a pod has changed. */
  #regardPod(house: House, namespace: string, name: string): void {
    if (!house.isUp) return;
    const record = house.shelf.get(podResource, namespace, name);
    for (const held of house.held.values()) {
      if (held.pod.metadata.name === name) this.#settle(house, held, record);
    }
    if (record === undefined || !isPod(record) || record.spec.nodeName !== house.name) return;
    if (record.metadata.deletionTimestamp !== undefined) {
      this.#after(200, () => this.#end(house, record));
    } else if (!house.held.has(record.metadata.uid ?? "") && !isOver(record)) {
      this.#hold(house, record);
    }
  }

  #settle(house: House, { pod, heldSinceMs }: Held, record: KubeObject | undefined): void {
    const { uid = "" } = pod.metadata;
    const mine = { uid, machine: house.name, heldSinceMs, boundAtMs: boundAtMs(pod.metadata) };
    const verdict = settle(mine, record ?? "deleted");
    if (verdict !== "keep") this.#note(house.name, `runs ${pod.metadata.name} ${uid}: ${verdict}`);
    if (verdict === "stop") house.held.delete(uid);
    if (verdict === "reassert") {
      this.#write(house, podResource, "spec", pod);
      this.#ready(house, pod);
    }
  }

  #hold(house: House, pod: Pod): void {
    const { uid = "" } = pod.metadata;
    this.#note(house.name, `starts ${pod.metadata.name} ${uid}`);
    house.held.set(uid, { pod, heldSinceMs: this.now.wallMs });
    this.#after(this.#options.startMs, () => this.#ready(house, pod));
  }

  #ready(house: House, pod: Pod): void {
    if (!house.isUp || !house.held.has(pod.metadata.uid ?? "")) return;
    const lastTransitionTime = timestampOf(this.now.wallMs);
    const conditions = [{ type: "Ready", status: "True" as const, lastTransitionTime }];
    const podIP = `10.1.0.${1 + this.#random.below(250)}`;
    const startTime = timestampOf(house.held.get(pod.metadata.uid ?? "")?.heldSinceMs ?? 0);
    const status = { phase: "Running" as const, podIP, startTime, conditions };
    this.#write(house, podResource, "status", { ...pod, status });
    this.#tick(house);
  }

  #end(house: House, { metadata }: Pod): void {
    house.held.delete(metadata.uid ?? "");
    const { namespace = "", name } = metadata;
    const record = house.shelf.get(podResource, namespace, name);
    if (!house.isUp || record?.metadata.uid !== metadata.uid) return;
    this.#tombstone(house, podResource, namespace, name);
    this.#tick(house);
  }

  #write(house: House, resource: Resource, part: "spec" | "status", object: KubeObject): void {
    const { namespace = "", name, uid = "" } = object.metadata;
    const key = `${keyOfName(resource, namespace, name)} ${part === "spec" ? part : uid}`;
    this.#post(house, { key, stamp: this.#stamp(house), resource, part, namespace, name, object });
  }

  #tombstone(house: House, resource: Resource, namespace: string, name: string): void {
    const key = `${keyOfName(resource, namespace, name)} spec`;
    const letter = { key, stamp: this.#stamp(house), resource, namespace, name };
    this.#post(house, { ...letter, part: "spec", object: undefined });
  }

  #stamp(house: House): string {
    this.#order += 1;
    const counter = this.#order % 46_656;
    return formatStamp({ wallMs: this.now.wallMs, counter, machine: house.name });
  }

  #post(house: House, letter: Letter): void {
    this.#receive(house, letter);
    for (const other of this.#houses) if (other !== house) this.#send(house, other, letter);
  }

  #send(from: House, to: House, letter: Letter): void {
    this.#after(this.#random.below(this.#options.latencyMsMax + 1), () => {
      if (!to.isUp || from.side !== to.side) return;
      this.#receive(to, letter);
      this.#tick(to);
    });
  }

  #receive({ shelf, letters }: House, letter: Letter): void {
    const known = letters.get(letter.key);
    if (known !== undefined && known.stamp >= letter.stamp) return;
    letters.set(letter.key, letter);
    const { resource, namespace, name, part, object } = letter;
    if (object === undefined) shelf.remove(resource, namespace, name);
    else if (part === "spec") shelf.putSpec(resource, object);
    else shelf.putStatus(resource, object);
    // A status may have come before the object that it belongs to.
    const status = letters.get(`${keyOfName(resource, namespace, name)} ${object?.metadata.uid}`);
    if (part === "spec" && status?.object !== undefined) shelf.putStatus(resource, status.object);
  }

  /** All machines that see each other come to know the same. */
  #exchange(): void {
    for (const from of this.#houses.filter(({ isUp }) => isUp)) {
      for (const to of this.#houses.filter((each) => each !== from)) {
        for (const letter of from.letters.values()) this.#send(from, to, letter);
      }
    }
    this.#after(100, () => this.#regard());
  }
}

function knownResource({ apiVersion, kind }: KubeObject): Resource {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource !== undefined, "the village knows the kind");
  return resource;
}

/** Looks in a row that a change may cause; a chain of owners is far shorter. */
const roundsMax = 50;

const stepsMax = 500_000;

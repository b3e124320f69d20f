import { assert, type Instant, type Now, type Random, seededRandom } from "@beemesh/base";
import type { RuntimeCommand } from "@beemesh/pods";
import type { LinkEvent, RuntimeEvent } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import { Connections, type Surroundings } from "./connections.ts";
import { SimulatedDisk } from "./disk.ts";
import { type Happening, type HappeningKind, HappeningPool } from "./happening.ts";
import type { SimulatedMachine, Traffic } from "./machine.ts";
import { MachineClock } from "./machine-clock.ts";
import { Network, type NetworkOptions, networkDefaults } from "./network.ts";
import type { Boot, NodeEffect, NodeEvent, SimulatedNode } from "./node.ts";
import { Post } from "./post.ts";
import { type RuntimeOptions, runtimeDefaults, SimulatedRuntime } from "./runtime.ts";
import { Schedule } from "./schedule.ts";
import { Streams } from "./streams.ts";

/** What a world is like. */
export interface WorldOptions {
  readonly network?: Partial<NetworkOptions>;
  readonly runtime?: Partial<RuntimeOptions>;
  /** How fast quartzes run fast or slow at most, in millionths. */
  readonly driftPpmMax?: number;
  /** How wrong wall clocks are at most, either way. */
  readonly wallSkewMsMax?: number;
  /** Sees each effect that is performed. */
  readonly watch?: (id: PeerId, effect: NodeEffect, nowMs: number) => void;
}

/** How a machine comes into the world. */
export interface Birth {
  /** How wrong its wall clock is; a little, by default. */
  readonly wallSkewMs?: number;
}

/** Wakes come this much late: a machine's instants and the world's moments are rounded. */
const wakeSlackMs = 0.001;

const tick: NodeEvent = { kind: "tick" };

/**
 * A world of one seed: machines with clocks, disks and runtimes, and a network between them.
 *
 * What happens is a function of the seed and of what the scenario does. The nodes are the real
 * program; everything around them is make-believe.
 */
export class World<Node extends SimulatedNode = SimulatedNode> {
  readonly random: Random;
  readonly network: Network;
  readonly #schedule = new Schedule<Happening>();
  readonly #pool = new HappeningPool();
  readonly #machines = new Map<PeerId, SimulatedMachine>();
  readonly #nodes = new Map<PeerId, Node>();
  readonly #connections: Connections;
  readonly #post: Post;
  readonly #streams: Streams;
  readonly #options: WorldOptions;
  #nowMs = 0;
  #happened = 0;

  constructor(seed: number, options: WorldOptions = {}) {
    this.random = seededRandom(seed);
    this.#options = options;
    this.network = new Network(this.random, { ...networkDefaults, ...options.network });
    const surroundings: Surroundings = {
      network: this.network,
      random: this.random,
      nowMs: () => this.#nowMs,
      plan: (kind, afterMs, part) => this.#plan(kind, afterMs, part),
    };
    this.#connections = new Connections(surroundings);
    const machines = this.#machines;
    const ways = { ...surroundings, connections: this.#connections, machines };
    this.#post = new Post(ways);
    this.#streams = new Streams(ways);
  }

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Happenings so far. */
  get happened(): number {
    return this.#happened;
  }

  get ids(): readonly PeerId[] {
    return [...this.#machines.keys()];
  }

  /** Puts a machine into the world and boots it. */
  addMachine(id: PeerId, makeNode: (boot: Boot) => Node, birth: Birth = {}): void {
    assert(!this.#machines.has(id), "machines have ids of their own");
    const random = seededRandom(this.random.below(2 ** 32));
    const { driftPpmMax = 50, wallSkewMsMax = 100 } = this.#options;
    const either = (max: number): number => random.below(2 * Math.ceil(max) + 1) - max;
    const machine: SimulatedMachine = {
      id,
      clock: new MachineClock({
        originMs: random.below(10_000_000),
        rate: 1 + either(driftPpmMax) / 1_000_000,
        skewMs: birth.wallSkewMs ?? either(wallSkewMsMax),
      }),
      disk: new SimulatedDisk(),
      runtime: new SimulatedRuntime(random, { ...runtimeDefaults, ...this.#options.runtime }),
      random,
      makeNode: (boot) => {
        const node = makeNode(boot);
        this.#nodes.set(id, node);
        return node;
      },
      links: new Map(),
      friends: new Set(),
      remembered: new Map(),
      topics: new Set(),
      traffic: { sentBytes: 0, sentMessages: 0, receivedBytes: 0, receivedMessages: 0 },
      node: undefined,
      life: 0,
      stalledUntilMs: 0,
      effectsLeft: Number.POSITIVE_INFINITY,
      firstMask: 0,
      secondMask: 0,
    };
    this.#machines.set(id, machine);
    this.restart(id);
  }

  /** Whether the machine's program runs. */
  isUp(id: PeerId): boolean {
    return this.#machine(id).node !== undefined;
  }

  /** Whether the network lets messages of one machine through to another. */
  reaches(a: PeerId, b: PeerId): boolean {
    return !this.network.isCut(this.#machine(a), this.#machine(b));
  }

  /** How often a machine has booted. */
  boots(id: PeerId): number {
    return Number(this.#machine(id).disk.notes.get("incarnation") ?? 0);
  }

  /** The program of a machine, as it is or was last. */
  node(id: PeerId): Node {
    const node = this.#nodes.get(id);
    assert(node !== undefined, `there is a machine ${id}`);
    return node;
  }

  /** What a machine's clocks show. */
  now(id: PeerId): Now {
    return this.#machine(id).clock.at(this.#nowMs);
  }

  runtime(id: PeerId): SimulatedRuntime {
    return this.#machine(id).runtime;
  }

  disk(id: PeerId): SimulatedDisk {
    return this.#machine(id).disk;
  }

  traffic(id: PeerId): Readonly<Traffic> {
    return this.#machine(id).traffic;
  }

  /** Does something at a machine, such as a write to its API, and performs what comes of it. */
  act(id: PeerId, deed: (node: Node, now: Now) => readonly NodeEffect[]): void {
    const machine = this.#machine(id);
    if (machine.node === undefined) return;
    this.#perform(machine, deed(this.node(id), machine.clock.at(this.#nowMs)));
  }

  /** Plans a turn of the scenario itself. */
  after(ms: number, action: () => void): void {
    this.#plan("action", ms, { action });
  }

  /** Somebody tells one machine of another: it keeps trying to reach it, in each of its lives. */
  connect(a: PeerId, b: PeerId): void {
    const [machine, friend] = [this.#machine(a), this.#machine(b)];
    machine.friends.add(friend);
    this.#connections.remember(machine, friend);
  }

  /**
   * The program ends: by itself, with its connections reset and its containers running on; or
   * for lack of power, in silence, and everything with it.
   */
  crash(id: PeerId, { power = false }: { readonly power?: boolean } = {}): void {
    const machine = this.#machine(id);
    if (machine.node === undefined) return;
    machine.node = undefined;
    machine.life += 1;
    machine.effectsLeft = Number.POSITIVE_INFINITY;
    for (const topic of machine.topics) this.#post.unsubscribe(machine, topic);
    machine.remembered.clear();
    if (power) machine.runtime.powerOff();
    this.#connections.end(machine, { silently: power });
  }

  /** Lets a machine crash in the midst of its work: after so many more effects. */
  crashAfter(id: PeerId, effects: number): void {
    this.#machine(id).effectsLeft = effects;
  }

  /** Boots a machine that is down, with what its disk kept. */
  restart(id: PeerId): void {
    const machine = this.#machine(id);
    if (machine.node !== undefined) return;
    this.#connections.end(machine, { silently: false });
    machine.life += 1;
    const { disk, random, clock } = machine;
    const incarnation = Number(disk.notes.get("incarnation") ?? 0) + 1;
    disk.note("incarnation", String(incarnation));
    const now = clock.at(this.#nowMs);
    const { entries, notes } = disk;
    machine.node = machine.makeNode({ id, now, random, incarnation, entries, notes });
    for (const friend of machine.friends) this.#connections.remember(machine, friend);
    this.#step(machine, { kind: "start" });
    this.#step(machine, { kind: "found", pods: machine.runtime.list() });
  }

  /** The event loop of a machine stands still. */
  stall(id: PeerId, ms: number): void {
    this.#machine(id).stalledUntilMs = this.#nowMs + ms;
  }

  /** Somebody sets the wall clock of a machine. */
  jumpWall(id: PeerId, ms: number): void {
    this.#machine(id).clock.jump(ms);
  }

  /** Cuts the network between two groups, under a name. Connections across break in time. */
  cut(name: string, first: readonly PeerId[], second: readonly PeerId[]): void {
    const machines = (ids: readonly PeerId[]): SimulatedMachine[] =>
      ids.map((id) => this.#machine(id));
    this.network.cut(name, machines(first), machines(second));
    this.#connections.expireCut(machines(first));
  }

  /** Heals a cut; all of them without a name. */
  heal(name?: string): void {
    const names = name === undefined ? this.network.cutNames : [name];
    for (const cut of names) this.network.heal(cut, this.#machines.values());
  }

  /** Somebody removes a pod behind the daemon's back. */
  killPod(id: PeerId, uid: string): void {
    const machine = this.#machine(id);
    const event = machine.runtime.kill(uid);
    if (event !== undefined) this.#tell(machine, event);
  }

  /** A container ends by itself. */
  exitContainer(id: PeerId, uid: string, container: string, exitCode: number): void {
    const machine = this.#machine(id);
    const { wallMs } = machine.clock.at(this.#nowMs);
    const event = machine.runtime.exit(uid, container, { exitCode, wallMs });
    if (event !== undefined) this.#tell(machine, event);
  }

  #tell(machine: SimulatedMachine, event: RuntimeEvent): void {
    this.#plan("event", 1, { machine, event: { kind: "runtime", event } });
  }

  /** Runs until the world's clock shows `untilMs`. */
  run(untilMs: number): void {
    while (this.#schedule.nextMs <= untilMs) {
      this.#nowMs = Math.max(this.#nowMs, this.#schedule.nextMs);
      const happening = this.#schedule.take();
      if (happening === undefined) break;
      this.#happened += 1;
      if (!this.#postpone(happening)) {
        this.#happen(happening);
        this.#pool.give(happening);
      }
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** A machine that stands still hears of everything later, in the same order. */
  #postpone(happening: Happening): boolean {
    const untilMs = happening.machine?.stalledUntilMs ?? 0;
    if (untilMs <= this.#nowMs) return false;
    this.#schedule.plan(untilMs, happening);
    return true;
  }

  #happen(happening: Happening): void {
    const { kind, machine, peer, link, event, action } = happening;
    if (action !== undefined) action();
    else if (link !== undefined && kind === "handshake") this.#connections.open(link);
    else if (link !== undefined && kind === "timeout") this.#connections.expire(link);
    else if (machine?.node === undefined || machine.life !== happening.life) return;
    else if (event !== undefined) this.#step(machine, event);
    else if (kind === "arrival") this.#deliver(machine, this.#post.receive(happening, machine));
    else if (peer !== undefined) this.#connections.redial(machine, peer);
  }

  #deliver(machine: SimulatedMachine, event: LinkEvent | undefined): void {
    if (event !== undefined) this.#step(machine, { kind: "link", event });
  }

  #step(machine: SimulatedMachine, event: NodeEvent): void {
    if (machine.node === undefined) return;
    this.#perform(machine, machine.node.step(event, machine.clock.at(this.#nowMs)));
  }

  /** Performs effects in order, up to a crash. */
  #perform(machine: SimulatedMachine, effects: readonly NodeEffect[]): void {
    const { life } = machine;
    for (const effect of effects) {
      if (machine.effectsLeft <= 0) this.crash(machine.id, { power: true });
      if (machine.node === undefined || machine.life !== life) return;
      machine.effectsLeft -= 1;
      this.#performOne(machine, effect);
      this.#options.watch?.(machine.id, effect, this.#nowMs);
    }
  }

  #performOne(machine: SimulatedMachine, effect: NodeEffect): void {
    if (effect.kind === "send") this.#post.send(machine, effect.to, effect.message);
    else if (effect.kind === "stream") this.#streams.send(machine, effect.to, effect.message);
    else if (effect.kind === "publish") this.#post.publish(machine, effect.topic, effect.message);
    else if (effect.kind === "wake") this.#wake(machine, effect.at);
    else if (effect.kind === "runtime") this.#command(machine, effect.command);
    else if (effect.kind === "subscribe") this.#post.subscribe(machine, effect.topic);
    else if (effect.kind === "unsubscribe") this.#post.unsubscribe(machine, effect.topic);
    else if (effect.kind === "remember" || effect.kind === "forget")
      this.#remember(machine, effect);
    else this.#store(machine.disk, effect);
  }

  #wake(machine: SimulatedMachine, at: Instant): void {
    const inMs = machine.clock.worldMs(at) - this.#nowMs;
    this.#plan("event", Math.max(0, inMs) + wakeSlackMs, { machine, event: tick });
  }

  #store(disk: SimulatedDisk, effect: NodeEffect): void {
    if (effect.kind === "persist") disk.save(effect.entries);
    if (effect.kind === "drop") disk.drop(effect.keys);
    if (effect.kind === "note") disk.note(effect.name, effect.value);
  }

  #command(machine: SimulatedMachine, command: RuntimeCommand): void {
    const { wallMs } = machine.clock.at(this.#nowMs);
    for (const { afterMs, event } of machine.runtime.perform(command, wallMs)) {
      this.#plan("event", afterMs, { machine, event });
    }
  }

  #remember(
    machine: SimulatedMachine,
    effect: Extract<NodeEffect, { kind: "remember" | "forget" }>,
  ): void {
    const peer = this.#machines.get(effect.peer);
    if (peer === undefined || peer === machine) return;
    if (effect.kind === "forget") machine.remembered.delete(peer);
    else this.#connections.remember(machine, peer);
  }

  #plan(kind: HappeningKind, afterMs: number, part: Partial<Happening>): void {
    const happening = this.#pool.take(kind);
    Object.assign(happening, part);
    if (part.machine !== undefined && part.life === undefined) happening.life = part.machine.life;
    this.#schedule.plan(this.#nowMs + afterMs, happening);
  }

  #machine(id: PeerId): SimulatedMachine {
    const machine = this.#machines.get(id);
    assert(machine !== undefined, `there is a machine ${id}`);
    return machine;
  }
}

import type { Random } from "@beemesh/base";
import { formatStamp, type Json, type PeerId } from "@beemesh/wire";
import type { Span } from "../checkers/preconditions.ts";
import type { SeenMesh, Violation } from "../checkers/sight.ts";
import { epochMs } from "../machine-clock.ts";
import type { Mesh } from "../mesh.ts";
import { networkDefaults } from "../network.ts";
import type { Client } from "./client.ts";

/** Names of the Deployments that are written, and of the pod that nobody may write. */
const names = ["w1", "w2", "w3", "w4"];
const forgedName = "forged";

/** A mesh in trouble does not grow beyond this. */
const machinesMax = 7;

/** After a cut those who were held dead by each other have met again within this. */
const reunionMsMax = 5000;

/** Everything that goes wrong in a mesh, one thing at a time, as chance has it. */
export class Mischief {
  readonly touched = {
    machines: new Set<PeerId>(),
    uids: new Set<string>(),
    workloads: new Set<string>(),
  };
  readonly #mesh: Mesh;
  /** Is told each deed in words: the story of a seed. */
  readonly #tell: ((line: string) => void) | undefined;
  readonly #client: Client;
  readonly #random: Random;
  readonly #deeds: readonly (readonly [weight: number, deed: () => string])[];
  readonly #cuts: Span[] = [];
  #count = 0;

  constructor(mesh: Mesh, client: Client, tell?: (line: string) => void) {
    this.#mesh = mesh;
    this.#tell = tell;
    this.#client = client;
    this.#random = mesh.world.random;
    this.#deeds = [
      [5, () => this.#crash({ power: true })],
      [3, () => this.#crash({ power: false })],
      [3, () => this.#crashAmid()],
      [5, () => this.#cut()],
      [4, () => this.#spoilNetwork()],
      [3, () => this.#stall()],
      [2, () => this.#jump()],
      [2, () => this.#killPod()],
      [1, () => this.#exitContainer()],
      [6, () => this.#write()],
      [4, () => this.#race()],
      [2, () => this.#forge()],
      [1, () => this.#grow()],
    ];
  }

  get count(): number {
    return this.#count;
  }

  /** When the mesh was cut, and until all had met again. */
  get cuts(): readonly Span[] {
    return this.#cuts;
  }

  /** Does one thing. */
  act(): void {
    const total = this.#deeds.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#random.below(total);
    for (const [weight, deed] of this.#deeds) {
      left -= weight;
      if (left >= 0) continue;
      const what = deed();
      this.#count += 1;
      this.#tell?.(`${Math.round(this.#mesh.world.nowMs)} ${what}`);
      return;
    }
  }

  /** The network is whole and good from now on, and all machines are up. */
  end(): void {
    const { world } = this.#mesh;
    world.heal();
    world.network.change(networkDefaults);
    for (const id of world.ids) {
      world.crashAfter(id, Number.POSITIVE_INFINITY);
      world.restart(id);
      // Who came when nobody was up has met nobody: somebody tells it again where the mesh is.
      const isAlone = world.node(id).machine.members().size === 1;
      const [first] = world.ids;
      if (isAlone && first !== undefined && first !== id) world.connect(id, first);
    }
  }

  /** The forged pod must never run anywhere. */
  strangers({ machines }: SeenMesh): readonly Violation[] {
    return machines
      .filter(({ running }) => running().some(({ name }) => name === forgedName))
      .map(({ name }) => ({ invariant: "strangers", message: `a forged pod runs on ${name}` }));
  }

  #any(): PeerId | undefined {
    const up = this.#mesh.up();
    return pick(up, this.#random);
  }

  #crash({ power }: { readonly power: boolean }): string {
    const id = this.#any();
    if (id === undefined) return this.#riseAll();
    const { world } = this.#mesh;
    if (power) this.touched.machines.add(id);
    world.crash(id, { power });
    const ms = 200 + this.#random.below(6000);
    world.after(ms, () => world.restart(id));
    return `crash ${short(id)} ${power ? "power" : "program"} for ${ms} ms`;
  }

  #crashAmid(): string {
    const id = this.#any();
    if (id === undefined) return this.#riseAll();
    const { world } = this.#mesh;
    const effects = 1 + this.#random.below(60);
    this.touched.machines.add(id);
    world.crashAfter(id, effects);
    world.after(500 + this.#random.below(5000), () => world.restart(id));
    return `crash ${short(id)} after ${effects} effects`;
  }

  #riseAll(): string {
    const { world } = this.#mesh;
    for (const id of world.ids) world.restart(id);
    return "restart all";
  }

  #cut(): string {
    const { world } = this.#mesh;
    if (world.network.cutNames.length >= 3) {
      world.heal();
      return "heal all";
    }
    const first = world.ids.filter(() => this.#random.below(2) === 0);
    const second = world.ids.filter((id) => !first.includes(id));
    if (first.length === 0 || second.length === 0) return "cut nothing";
    const name = `cut${this.#cuts.length}`;
    const ms = 300 + this.#random.below(6000);
    this.#cuts.push({ fromMs: world.nowMs, untilMs: world.nowMs + ms + reunionMsMax });
    world.cut(name, first, second);
    world.after(ms, () => {
      if (world.network.cutNames.includes(name)) world.heal(name);
    });
    return `cut ${first.map(short).join("+")} from ${second.map(short).join("+")} for ${ms} ms`;
  }

  #spoilNetwork(): string {
    const { network } = this.#mesh.world;
    const lossPerMille = this.#random.below(150);
    const duplicatePerMille = this.#random.below(150);
    const reorderPerMille = this.#random.below(300);
    network.change({ lossPerMille, duplicatePerMille, reorderPerMille });
    return `lose ${lossPerMille} double ${duplicatePerMille} reorder ${reorderPerMille} of 1000`;
  }

  #stall(): string {
    const id = this.#any();
    const ms = 100 + this.#random.below(4000);
    if (id !== undefined) this.#mesh.world.stall(id, ms);
    return `stall ${short(id)} for ${ms} ms`;
  }

  #jump(): string {
    const id = this.#any();
    const ms = this.#random.below(20_000) - 10_000;
    if (id !== undefined) this.#mesh.world.jumpWall(id, ms);
    return `jump ${short(id)} by ${ms} ms`;
  }

  #killPod(): string {
    const id = this.#any();
    const pod = id === undefined ? undefined : pick(this.#runningOn(id), this.#random);
    if (id === undefined || pod === undefined) return "kill no pod";
    this.touched.uids.add(pod.uid);
    this.#mesh.world.killPod(id, pod.uid);
    return `kill ${pod.name} on ${short(id)}`;
  }

  #exitContainer(): string {
    const id = this.#any();
    const pod = id === undefined ? undefined : pick(this.#runningOn(id), this.#random);
    if (id === undefined || pod === undefined) return "end no container";
    this.touched.uids.add(pod.uid);
    this.#mesh.world.exitContainer(id, pod.uid, "main", 1);
    return `end ${pod.name} on ${short(id)}`;
  }

  #runningOn(id: PeerId): readonly { readonly uid: string; readonly name: string }[] {
    const runtime = this.#mesh.world.runtime(id);
    return runtime.list().filter(({ uid }) => runtime.isRunning(uid));
  }

  #write(): string {
    const id = this.#any();
    if (id === undefined) return this.#riseAll();
    const there = this.#client.names(id);
    const name = pick(names, this.#random) ?? "";
    this.touched.workloads.add(name);
    const replicas = this.#random.below(6);
    if (!there.includes(name)) {
      const isDone = this.#client.create(id, name, replicas);
      return `create ${name} × ${replicas} at ${short(id)} ${isDone}`;
    }
    const kind = this.#random.below(4);
    if (kind === 0) return `delete ${name} at ${short(id)} ${this.#client.remove(id, name)}`;
    if (kind === 1) return `roll ${name} out at ${short(id)} ${this.#client.rollOut(id, name)}`;
    const isDone = this.#client.scale(id, name, replicas);
    return `scale ${name} to ${replicas} at ${short(id)} ${isDone}`;
  }

  /** Several who have read the same replace it at the same time, each at another machine. */
  #race(): string {
    const up = this.#mesh.up();
    const first = pick(up, this.#random);
    const name = first && pick(this.#client.names(first), this.#random);
    if (name === undefined) return "race for nothing";
    this.touched.workloads.add(name);
    const at = up.filter(() => this.#random.below(2) === 0);
    const asked = at.filter((id) => this.#client.scale(id, name, this.#random.below(6)));
    return `race for ${name} at ${asked.map(short).join("+")}`;
  }

  /** A record of a pod, signed by nobody who may, from one machine to another. */
  #forge(): string {
    const [from, to] = [this.#any(), this.#any()];
    if (from === undefined || to === undefined || from === to) return "forge nothing";
    const { world } = this.#mesh;
    const message = forgedPut(from, short(to), epochMs + world.nowMs);
    world.act(from, () => [{ kind: "send", to, message }]);
    return `forge a pod from ${short(from)} for ${short(to)}`;
  }

  #grow(): string {
    if (this.#mesh.world.ids.length >= machinesMax) return "grow no more";
    // Who is told of nobody founds a mesh of its own, which nothing would bring to this one.
    if (this.#mesh.up().length === 0) return "grow by nobody";
    return `grow by ${short(this.#mesh.grow())}`;
  }
}

/** One of several, by chance. */
export function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items.length === 0 ? undefined : items[random.below(items.length)];
}

function short(id: PeerId | undefined): string {
  return id === undefined ? "nobody" : `m${Number(id.slice(8, 14))}`;
}

function forgedPut(author: PeerId, machine: string, wallMs: number): Json {
  const containers = [{ name: "main", image: "forged" }];
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: forgedName, namespace: "default", uid: "forged" },
    spec: { containers, nodeName: machine },
  };
  const entry = {
    collection: "pods/default",
    name: forgedName,
    part: "spec",
    stamp: formatStamp({ wallMs: Math.round(wallMs), counter: 0, machine: author }),
    author,
    body: JSON.stringify(pod),
    signature: "A".repeat(86),
  };
  return { k: "r.put", e: [entry] };
}

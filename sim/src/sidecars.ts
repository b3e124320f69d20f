import { elapsedMs, type Random, seededRandom } from "@beemesh/base";
import { replicasOf } from "@beemesh/machine";
import { findResource, isPod } from "@beemesh/model";
import type { FoundPod } from "@beemesh/ports";
import { ReplicaWatch, type WatchEffect, type WatchEvent } from "@beemesh/replicas";
import { canonicalJson, collectionOf, type PeerId } from "@beemesh/wire";
import type { Mesh } from "./mesh.ts";

/** How often pods are looked for that have come or gone, and machines tell who the replicas are. */
const lookMs = 250;

/** Wakes come this much late: the sidecars' instants and the world's moments are rounded. */
const wakeSlackMs = 0.01;

/** The way between two sidecars, once, on one machine and between two. */
const nearMs = 1;
const farMs = 40;

interface Sidecar {
  readonly uid: string;
  readonly machine: PeerId;
  readonly watch: ReplicaWatch;
  /** What its machine told it last. */
  told: string;
}

/**
 * The sidecars of a mesh's pods, as far as they watch each other: the same class that ships, with
 * a make-believe network between them. They live and die with their pods, and outlive the daemon.
 */
export class Sidecars {
  readonly #mesh: Mesh;
  readonly #random: Random;
  readonly #sidecars = new Map<string, Sidecar>();
  #asked = 0;

  constructor(mesh: Mesh, seed: number) {
    this.#mesh = mesh;
    // Chance of their own: the mesh around them is the one that it would be without them.
    this.#random = seededRandom(seed + 1);
    this.#look();
  }

  /** How many replicas were reported to their machines. */
  get asked(): number {
    return this.#asked;
  }

  /** Pods that have a sidecar. */
  get count(): number {
    return this.#sidecars.size;
  }

  #look(): void {
    const { world } = this.#mesh;
    const found = new Set<string>();
    for (const machine of world.ids) {
      const runtime = world.runtime(machine);
      for (const pod of runtime.list()) {
        if (!runtime.isRunning(pod.uid)) continue;
        found.add(pod.uid);
        this.#tell(this.#sidecars.get(pod.uid) ?? this.#bear(pod.uid, machine), pod);
      }
    }
    for (const uid of this.#sidecars.keys()) if (!found.has(uid)) this.#sidecars.delete(uid);
    world.after(lookMs, () => this.#look());
  }

  #bear(uid: string, machine: PeerId): Sidecar {
    const random = seededRandom(this.#random.below(2 ** 32));
    const sidecar: Sidecar = { uid, machine, watch: new ReplicaWatch({ random }), told: "" };
    this.#sidecars.set(uid, sidecar);
    return sidecar;
  }

  /** The machine tells a sidecar who the replicas are, if its program runs and that is news. */
  #tell(sidecar: Sidecar, { namespace }: FoundPod): void {
    const { uid, machine } = sidecar;
    const { world } = this.#mesh;
    const pods = findResource("", "pods");
    if (!world.isUp(machine) || pods === undefined) return;
    const { objects, machine: program } = world.node(machine);
    program.follow(collectionOf("pods", "", namespace));
    const own = objects.list(pods, namespace).items.find(({ metadata }) => metadata.uid === uid);
    if (own === undefined || !isPod(own)) return;
    const { workload, replicas } = replicasOf(own, objects);
    const text = canonicalJson(replicas.map((replica) => replica.uid));
    if (text === sidecar.told) return;
    sidecar.told = text;
    this.#give(sidecar, { kind: "replicas", workload, self: uid, replicas });
  }

  #give(sidecar: Sidecar, event: WatchEvent): void {
    if (this.#sidecars.get(sidecar.uid) !== sidecar) return;
    const now = this.#mesh.world.now(sidecar.machine);
    for (const effect of sidecar.watch.step(event, now)) this.#perform(sidecar, effect);
  }

  #perform(sidecar: Sidecar, effect: WatchEffect): void {
    const { world } = this.#mesh;
    const { uid: from, machine } = sidecar;
    if (effect.kind === "wake") {
      const inMs = Math.max(0, elapsedMs(world.now(machine).at, effect.at)) + wakeSlackMs;
      world.after(inMs, () => this.#give(sidecar, { kind: "tick" }));
    } else if (effect.kind === "send") {
      this.#carry(sidecar, effect.uid, (to) => {
        this.#give(to, { kind: "message", from, message: effect.message });
      });
    } else if (effect.kind === "probe") {
      const { uid, message } = effect;
      this.#carry(sidecar, uid, (to) => {
        this.#give(to, { kind: "message", from, message });
        this.#carry(to, from, () => this.#give(sidecar, { kind: "probed", uid, ok: true }));
      });
    } else if (effect.kind === "lost") {
      this.#asked += effect.uids.length;
      const { uids } = effect;
      world.act(machine, (node, now) => node.step({ kind: "lost", by: from, uids }, now));
    }
  }

  /** Both machines must be there: they dial and accept for their sidecars. */
  #carry(from: Sidecar, uid: string, arrive: (to: Sidecar) => void): void {
    const { world } = this.#mesh;
    const to = this.#sidecars.get(uid);
    if (to === undefined || this.#random.below(1000) < world.network.options.lossPerMille) return;
    const isNear = from.machine === to.machine;
    const afterMs = isNear ? nearMs : nearMs + this.#random.below(farMs);
    world.after(afterMs, () => {
      const isOpen = world.isUp(from.machine) && world.isUp(to.machine);
      if (isOpen && world.reaches(from.machine, to.machine)) arrive(to);
    });
  }
}

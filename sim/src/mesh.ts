import type { NodeFacts } from "@beemesh/machine";
import { derivedUid } from "@beemesh/model";
import type { ApiRequest, FinalReply, FoundPod } from "@beemesh/ports";
import { isJsonObject, type Json, type PeerId } from "@beemesh/wire";
import type { SeenMachine, SeenMesh } from "./checkers/sight.ts";
import { MachineNode } from "./machine-node.ts";
import { World, type WorldOptions } from "./world.ts";

/** A request as a client makes it: method, path with slashes, body. */
export interface MeshRequest {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE" | "GET";
  readonly path: string;
  readonly body?: Json;
}

/** What a client was told. */
export interface MeshReply {
  readonly status: number;
  readonly body: Json;
  readonly ticket: number | undefined;
}

const owner = { name: "owner", groups: ["system:masters", "system:authenticated"] };

/** A world in which each machine runs the whole program. Machines are named m0, m1, and so on. */
export class Mesh {
  readonly world: World<MachineNode>;
  #writes = 0;

  constructor(seed: number, options: WorldOptions = {}) {
    this.world = new World<MachineNode>(seed, options);
  }

  /** Puts one more machine into the mesh; it is told of another one, picked by chance. */
  grow(): PeerId {
    const { ids, random } = this.world;
    const id = idOf(ids.length);
    this.world.addMachine(id, (boot) => new MachineNode(boot, factsOf(id)));
    const friends = ids.filter((other) => this.world.isUp(other));
    const friend = friends[random.below(Math.max(1, friends.length))];
    if (friend !== undefined) this.world.connect(id, friend);
    return id;
  }

  /** Machines whose program runs. */
  up(): readonly PeerId[] {
    return this.world.ids.filter((id) => this.world.isUp(id));
  }

  /** Asks the API of a machine, which answers by what it holds; undefined if it is down. */
  request(id: PeerId, asked: MeshRequest): MeshReply | undefined {
    let answer: MeshReply | undefined;
    this.world.act(id, (node, now) => {
      const { reply, effects } = node.request(requestOf(asked), now);
      answer = replyOf(reply);
      return effects;
    });
    return answer;
  }

  /**
   * Asks a machine to have a write done by whoever decides it; false if the machine is down.
   * Effects tell what comes of it, perhaps at once.
   *
   * @param onName - Is told the write's name before anything comes of it.
   */
  write(id: PeerId, asked: MeshRequest, onName: (name: string) => void): boolean {
    if (!this.world.isUp(id)) return false;
    this.#writes += 1;
    const name = derivedUid(`write/${this.#writes}`);
    onName(name);
    this.world.act(id, (node, now) => node.decide(name, requestOf(asked), now));
    return true;
  }

  /** What checkers may know of the mesh now. */
  see(): SeenMesh {
    const { world } = this;
    return {
      nowMs: world.nowMs,
      machines: world.ids.map((id) => this.#machine(id)),
      reaches: (a, b) => world.reaches(a, b),
    };
  }

  #machine(id: PeerId): SeenMachine {
    const { world } = this;
    const runtime = world.runtime(id);
    return {
      id,
      name: nameOf(id),
      isUp: world.isUp(id),
      objects: world.node(id).objects,
      holds: (collection) => world.node(id).machine.holds(collection),
      running: () => runtime.list().filter((pod) => isRunning(pod)),
    };
  }
}

function isRunning({ containers }: FoundPod): boolean {
  return containers.some(({ state }) => state === "running");
}

function requestOf({ method, path, body }: MeshRequest): ApiRequest {
  return {
    method,
    path: path.split("/"),
    query: new Map(),
    accept: "application/json",
    contentType: method === "PATCH" ? "application/merge-patch+json" : "application/json",
    body,
    user: owner,
  };
}

function replyOf(reply: FinalReply): MeshReply {
  if (reply.kind !== "json") return { status: 200, body: null, ticket: undefined };
  const { status, body, ticket } = reply;
  return { status, body: isJsonObject(body) ? body : null, ticket };
}

/** As long as a peer ID, so that messages have the bytes that they would have. */
export function idOf(index: number): PeerId {
  return `12D3KooW${String(index).padStart(6, "0")}`.padEnd(52, "x");
}

/** The name of a machine: m0, m1, and so on. */
export function nameOf(id: PeerId): string {
  return `m${Number(id.slice(8, 14))}`;
}

function factsOf(peer: PeerId): NodeFacts {
  const name = nameOf(peer);
  return {
    name,
    peer,
    labels: {},
    addresses: [`/dns4/${name}.example/tcp/4001/p2p/${peer}`],
    hostIp: "10.0.0.1",
    cpuMillicores: 8000,
    memoryBytes: 16 * 1024 ** 3,
    diskBytes: 1024 ** 4,
    podsMax: 110,
    runtimeHandlers: ["runc"],
    system: {
      architecture: "amd64",
      operatingSystem: "linux",
      osImage: "Simulated",
      kernelVersion: "6",
      runtimeVersion: "simulated://1",
      version: "v0",
      machineId: name,
      bootId: name,
    },
  };
}

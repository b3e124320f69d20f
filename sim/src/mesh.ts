import type { NodeFacts } from "@beemesh/machine";
import type { ApiReply, FoundPod } from "@beemesh/ports";
import { isJsonObject, type Json, type PeerId } from "@beemesh/wire";
import type { SeenMachine, SeenMesh } from "./checkers/sight.ts";
import { MachineNode } from "./machine-node.ts";
import { World, type WorldOptions } from "./world.ts";

/** A request as a client makes it: method, path with slashes, body. */
export interface MeshRequest {
  readonly method: "POST" | "PATCH" | "DELETE" | "GET";
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

/** Namespaces are asked of a machine by every write in one of them. */
const namespaces = "namespaces/-";

/** A world in which each machine runs the whole program. Machines are named m0, m1, and so on. */
export class Mesh {
  readonly world: World<MachineNode>;

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

  /** Asks the API of a machine, which follows what it is asked for; undefined if it is down. */
  request(id: PeerId, { method, path, body }: MeshRequest): MeshReply | undefined {
    let answer: MeshReply | undefined;
    this.world.act(id, (node, now) => {
      for (const collection of [namespaces, collectionOfPath(path)]) {
        node.machine.follow(collection);
      }
      const { reply, effects } = node.request(
        {
          method,
          path: path.split("/"),
          query: new Map(),
          accept: "application/json",
          contentType: method === "PATCH" ? "application/merge-patch+json" : "application/json",
          body,
          user: owner,
        },
        now,
      );
      answer = replyOf(reply);
      return effects;
    });
    return answer;
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

function replyOf(reply: ApiReply): MeshReply {
  if (reply.kind !== "json") return { status: 200, body: null, ticket: undefined };
  const { status, body, ticket } = reply;
  return { status, body: isJsonObject(body) ? body : null, ticket };
}

/** The collection that a path of the API is about. */
function collectionOfPath(path: string): string {
  const [root, ...rest] = path.split("/");
  const [group, tail] = root === "apis" ? [rest[0] ?? "", rest.slice(2)] : ["", rest.slice(1)];
  const [place, plural] =
    tail[0] === "namespaces" && tail.length > 2 ? [tail[1], tail[2]] : ["-", tail[0]];
  return `${plural}${group === "" ? "" : `.${group}`}/${place}`;
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

import { readFileSync } from "node:fs";
import { type Machine, type NodeHealth, nodeMarks } from "@beemesh/machine";
import type { LinkStats } from "@beemesh/mesh";
import { findResource, type KubeObject } from "@beemesh/model";
import type { PeerId } from "@beemesh/wire";
import { version } from "./facts.ts";

/** What an idle machine may send and receive, in bytes a second. */
const idleBytesPerSecondMax = 1000;

/** One machine of the mesh as this one sees it. */
export interface MemberStatus {
  readonly name: string;
  readonly peer: PeerId;
  readonly state: string;
  /** Where it is connected, else where it was last. */
  readonly address: string;
  /** Round trip in milliseconds; absent if there is no connection. */
  readonly rttMs?: number;
  /** Whether it is connected, or this machine itself. */
  readonly isDirect: boolean;
}

/** What `GET /v1/status` answers. */
export interface DaemonStatus {
  readonly machine: string;
  readonly peer: PeerId;
  readonly mesh: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly members: readonly MemberStatus[];
  readonly pods: readonly { readonly name: string; readonly phase: string }[];
  /** Collections that this machine keeps, and of how many it is the first keeper. */
  readonly keeper: { readonly collections: number; readonly first: number };
  readonly traffic: { readonly bytesPerMinute: number; readonly idleBytesPerMinuteMax: number };
  /** Proportional share of the daemon's memory, where the system tells it; else resident. */
  readonly memoryBytes: number;
  readonly health: NodeHealth;
}

export interface StatusSources {
  readonly name: string;
  readonly peer: PeerId;
  readonly mesh: string;
  readonly machine: Pick<Machine, "members" | "objects"> & {
    readonly deciders: Pick<Machine["deciders"], "keeperRanks">;
  };
  readonly link: () => Pick<LinkStats, "peers">;
  readonly bytesPerMinute: number;
  readonly health: NodeHealth;
}

/** Gathers what an operator asks first. */
export function readStatus(sources: StatusSources): DaemonStatus {
  const { name, peer, mesh, machine, health, bytesPerMinute } = sources;
  const ranks = machine.deciders.keeperRanks();
  return {
    machine: name,
    peer,
    mesh,
    version,
    uptimeSeconds: Math.round(process.uptime()),
    members: membersOf(sources),
    pods: podsOn(sources),
    keeper: {
      collections: ranks.length,
      first: ranks.filter((rank) => rank === 0).length,
    },
    traffic: { bytesPerMinute, idleBytesPerMinuteMax: idleBytesPerSecondMax * 60 },
    memoryBytes: memoryBytes(),
    health,
  };
}

function membersOf({ peer: self, machine, link }: StatusSources): readonly MemberStatus[] {
  const connections = new Map(link().peers.map((connection) => [connection.peer, connection]));
  const nameOf = new Map(
    listOf(machine, "nodes").map(({ metadata }) => [
      metadata.annotations?.[nodeMarks.peer],
      metadata.name,
    ]),
  );
  return [...machine.members().values()]
    .map(({ id, state, addresses }) => {
      const connection = connections.get(id);
      return {
        name: nameOf.get(id) ?? "",
        peer: id,
        state,
        address: connection?.address ?? addresses[0] ?? "",
        isDirect: id === self || connection !== undefined,
        ...(connection?.rttMs !== undefined && { rttMs: connection.rttMs }),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function podsOn({ name, machine }: StatusSources): DaemonStatus["pods"] {
  return listOf(machine, "pods")
    .filter(({ spec }) => memberText(spec, "nodeName") === name)
    .map(({ metadata, status }) => ({
      name: `${metadata.namespace}/${metadata.name}`,
      phase: memberText(status, "phase") || "Pending",
    }));
}

function listOf({ objects }: StatusSources["machine"], resource: string): readonly KubeObject[] {
  const found = findResource("", resource);
  return found === undefined ? [] : objects.list(found).items;
}

function memberText(holder: unknown, name: string): string {
  if (typeof holder !== "object" || holder === null) return "";
  const value: unknown = Reflect.get(holder, name);
  return typeof value === "string" ? value : "";
}

/** What of the memory would be free without the daemon. */
function memoryBytes(): number {
  try {
    const text = readFileSync("/proc/self/smaps_rollup", "utf8");
    const kibibytes = Number(/^Pss:\s+(\d+) kB$/mu.exec(text)?.[1]);
    if (Number.isFinite(kibibytes)) return kibibytes * 1024;
  } catch {
    // Only Linux tells it.
  }
  return process.memoryUsage.rss();
}

import { createMetrics } from "@beemesh/gateway";
import type { Machine } from "@beemesh/machine";
import type { MeshLink } from "@beemesh/mesh";
import type { Refusal } from "@beemesh/workload";

/** What the daemon counts, for `/metrics`. */
export interface Meters {
  /** A connection was made for a pod of this machine. */
  connected(path: string): void;
  /** A connection did not get to a pod's sidecar. */
  turnedAway(cause: string): void;
  /** A connection to the HTTP port or the owner's socket was not served. */
  turnedAwayHttp(cause: string): void;
  /** A peer told how a pod is reached: `good`, or why it was not believed. */
  judgedPeerRef(result: string): void;
  /** Spans of sidecars did not get to the collector. */
  spansDropped(cause: string, count: number): void;
  /** Something was not let through. */
  refused(refusal: Refusal): void;
  observe(event: string, facts: Readonly<Record<string, string | number | boolean>>): void;
  /** Everything in Prometheus' text form. */
  text(): string;
}

/** Makes the meters of one machine. */
export function createMeters(machine: Machine, link: MeshLink): Meters {
  const metrics = createMetrics();
  const events = metrics.counter("beemesh_events_total", {
    help: "What the machine observed, by kind",
    labels: ["event"],
  });
  const clones = metrics.counter("beemesh_clones_total", {
    help: "Clone tasks published, by reason: machine-lost, pod-lost, sidecar",
    labels: ["reason"],
  });
  const machines = metrics.gauge("beemesh_machines", { help: "Machines held to be alive" });
  const memory = metrics.gauge("beemesh_resident_memory_bytes", { help: "Memory of the daemon" });
  const bytes = metrics.gauge("beemesh_mesh_bytes_total", {
    help: "Bytes over the mesh's connections since the start",
    labels: ["direction"],
  });
  const connected = metrics.gauge("beemesh_mesh_peers", { help: "Peers connected" });
  const messages = metrics.gauge("beemesh_mesh_messages_total", {
    help: "Messages of the mesh since the start, by what became of them",
    labels: ["kind"],
  });
  const connections = metrics.counter("beemesh_workload_connections_total", {
    help: "Connections made for pods, by the way that they take",
    labels: ["path"],
  });
  const turnedAway = metrics.counter("beemesh_workload_turned_away_total", {
    help: "Connections to the workload port that came to no sidecar, by cause",
    labels: ["cause"],
  });
  const turnedAwayHttp = metrics.counter("beemesh_http_turned_away_total", {
    help: "Connections to the HTTP port and the owner's socket that were not served, by cause",
    labels: ["cause"],
  });
  const peerRefs = metrics.counter("beemesh_workload_peer_refs_total", {
    help: "What peers told of how pods are reached, by what was made of it",
    labels: ["result"],
  });
  const spansDropped = metrics.counter("beemesh_spans_dropped_total", {
    help: "Spans of sidecars that did not get to the collector, by cause: full, refused",
    labels: ["cause"],
  });
  const refusals = metrics.counter("beemesh_workload_refused_total", {
    help: "What was not let through, by cause and who is at both ends",
    labels: ["direction", "cause", "source", "target"],
  });
  metrics.onCollect(() => {
    const members = [...machine.members().values()];
    machines.set(members.filter(({ state }) => state === "alive").length);
    memory.set(process.memoryUsage.rss());
    const { bytesIn, bytesOut, peers, ...counters } = link.stats();
    connected.set(peers.length);
    for (const [kind, count] of Object.entries(counters)) messages.set(count, { kind });
    bytes.set(bytesIn, { direction: "received" });
    bytes.set(bytesOut, { direction: "sent" });
  });
  return {
    connected: (path) => connections.add({ path }),
    turnedAway: (cause) => turnedAway.add({ cause }),
    turnedAwayHttp: (cause) => turnedAwayHttp.add({ cause }),
    judgedPeerRef: (result) => peerRefs.add({ result }),
    spansDropped: (cause, count) => spansDropped.add({ cause }, count),
    refused: ({ direction, cause, source, target }) =>
      refusals.add({ direction, cause, source, target }),
    observe: (event, facts) => {
      events.add({ event });
      if (event === "clone.published") clones.add({ reason: String(facts["reason"]) });
    },
    text: () => metrics.text(),
  };
}

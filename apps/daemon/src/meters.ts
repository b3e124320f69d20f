import { createMetrics } from "@beemesh/gateway";
import type { Machine } from "@beemesh/machine";
import type { MeshLink } from "@beemesh/mesh";

/** What the daemon counts, for `/metrics`. */
export interface Meters {
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
    observe: (event, facts) => {
      events.add({ event });
      if (event === "clone.published") clones.add({ reason: String(facts["reason"]) });
    },
    text: () => metrics.text(),
  };
}

import type { Json, PeerId } from "@beemesh/wire";
import type { Connections, Surroundings } from "./connections.ts";
import type { Link, SimulatedMachine } from "./machine.ts";

/** How soon what did not get through is sent once more, as TCP does. */
const resendMs = 200;

/** What is on its way over one connection, in one direction. */
interface Lane {
  readonly link: Link;
  readonly from: SimulatedMachine;
  readonly to: SimulatedMachine;
  readonly parcels: { readonly atMs: number; readonly message: Json }[];
}

export interface StreamsSetup extends Surroundings {
  readonly connections: Connections;
  readonly machines: ReadonlyMap<PeerId, SimulatedMachine>;
}

/**
 * Streams between machines: all that is written arrives once and in its order, however bad the
 * network is, or not at all, when the connection breaks. What a cut holds up arrives after it.
 */
export class Streams {
  readonly #setup: StreamsSetup;
  readonly #lanes = new WeakMap<Link, Map<SimulatedMachine, Lane>>();

  constructor(setup: StreamsSetup) {
    this.#setup = setup;
  }

  /** Writes a message to another machine's stream; the connection is made if there is none. */
  send(from: SimulatedMachine, peer: PeerId, message: Json): void {
    const { machines, connections, network, nowMs } = this.#setup;
    const to = machines.get(peer);
    if (to === undefined || to === from) return;
    const sizeBytes = JSON.stringify(message).length;
    from.traffic.sentBytes += sizeBytes;
    from.traffic.sentMessages += 1;
    const lane = this.#laneOf(connections.dial(from, to), from, to);
    let atMs = Math.max(nowMs(), lane.link.openAtMs) + network.latencyMs();
    while (network.copies() === 0) atMs += resendMs;
    lane.parcels.push({ atMs, message });
    if (lane.parcels.length === 1) this.#plan(lane, atMs);
  }

  #laneOf(link: Link, from: SimulatedMachine, to: SimulatedMachine): Lane {
    const lanes = this.#lanes.get(link) ?? new Map<SimulatedMachine, Lane>();
    this.#lanes.set(link, lanes);
    const lane = lanes.get(from) ?? { link, from, to, parcels: [] };
    lanes.set(from, lane);
    return lane;
  }

  #plan(lane: Lane, atMs: number): void {
    const { nowMs, plan } = this.#setup;
    plan("action", Math.max(0, atMs - nowMs()), { action: () => this.#arrive(lane) });
  }

  /** The first of a lane is there, and the next may follow. */
  #arrive(lane: Lane): void {
    const { link, from, to, parcels } = lane;
    const { network, nowMs, plan } = this.#setup;
    const [parcel] = parcels;
    if (parcel === undefined || from.links.get(to) !== link || link.isDead) return;
    if (!link.isOpen || network.isCut(from, to)) return this.#plan(lane, nowMs() + resendMs);
    parcels.shift();
    to.traffic.receivedMessages += 1;
    to.traffic.receivedBytes += JSON.stringify(parcel.message).length;
    const event = { kind: "message", from: from.id, message: parcel.message } as const;
    plan("event", 0, { machine: to, event: { kind: "link", event } });
    const [next] = parcels;
    if (next !== undefined) this.#plan(lane, Math.max(nowMs(), next.atMs));
  }
}

import type { LinkEvent } from "@beemesh/ports";
import { isJsonObject, type Json, type PeerId } from "@beemesh/wire";
import type { Connections } from "./connections.ts";
import type { Happening, Plan } from "./happening.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { Network } from "./network.ts";

/** Bytes of a message around the records that it carries, about. */
const envelopeBytes = 80;

/** What the post needs of its world. */
export interface PostSetup {
  readonly network: Network;
  readonly connections: Connections;
  readonly machines: ReadonlyMap<PeerId, SimulatedMachine>;
  readonly nowMs: () => number;
  readonly plan: Plan;
}

/** Carries messages from machine to machine, and counts their bytes. */
export class Post {
  readonly #setup: PostSetup;
  readonly #topics = new Map<string, Set<SimulatedMachine>>();
  readonly #sizes = new WeakMap<object, number>();

  constructor(setup: PostSetup) {
    this.#setup = setup;
  }

  subscribe(machine: SimulatedMachine, topic: string): void {
    let subscribers = this.#topics.get(topic);
    if (subscribers === undefined) this.#topics.set(topic, (subscribers = new Set()));
    subscribers.add(machine);
    machine.topics.add(topic);
  }

  unsubscribe(machine: SimulatedMachine, topic: string): void {
    this.#topics.get(topic)?.delete(machine);
    machine.topics.delete(topic);
  }

  /** A message over the connection of two machines, which is made if there is none. */
  send(machine: SimulatedMachine, to: PeerId, message: Json): void {
    const { machines, connections, network, nowMs, plan } = this.#setup;
    const peer = machines.get(to);
    const sizeBytes = this.#sizeOf(message);
    machine.traffic.sentBytes += sizeBytes;
    machine.traffic.sentMessages += 1;
    if (peer === undefined || peer === machine) return;
    const link = connections.dial(machine, peer);
    const readyMs = Math.max(0, link.openAtMs - nowMs());
    for (let copies = network.copies(); copies > 0; copies -= 1) {
      const afterMs = readyMs + network.latencyMs();
      plan("arrival", afterMs, { machine: peer, peer: machine, link, message, sizeBytes });
    }
  }

  /** A message to all subscribers of a topic but the sender. */
  publish(machine: SimulatedMachine, topic: string, message: Json): void {
    const { network, plan } = this.#setup;
    const subscribers = this.#topics.get(topic);
    if (subscribers === undefined) return;
    const count = subscribers.size;
    const sizeBytes = this.#sizeOf(message) * network.gossipCopies(count);
    for (const peer of subscribers) {
      if (peer === machine || network.isCut(machine, peer)) continue;
      const afterMs = network.gossipMs(count);
      if (afterMs === undefined) continue;
      // Whoever receives a message passes it on: each copy that comes in goes out once.
      peer.traffic.sentBytes += sizeBytes;
      peer.traffic.sentMessages += 1;
      plan("arrival", afterMs, { machine: peer, peer: machine, topic, message, sizeBytes });
    }
  }

  /** What the machine hears of a message that has come to its door; undefined if it got lost. */
  receive(arrival: Happening, machine: SimulatedMachine): LinkEvent | undefined {
    const { peer, link, topic, message, sizeBytes } = arrival;
    if (peer === undefined || this.#setup.network.isCut(peer, machine)) return undefined;
    const isBroadcast = topic !== "";
    const isOpen = isBroadcast
      ? machine.topics.has(topic)
      : link?.isOpen === true && !link.isDead && machine.links.get(peer) === link;
    if (!isOpen) return undefined;
    machine.traffic.receivedBytes += sizeBytes;
    machine.traffic.receivedMessages += 1;
    if (isBroadcast) return { kind: "broadcast", from: peer.id, topic, message };
    return { kind: "message", from: peer.id, message };
  }

  /** Bytes as JSON. Records go to many: each is measured once, whatever messages it is in. */
  #sizeOf(message: Json): number {
    if (!isJsonObject(message)) return JSON.stringify(message).length;
    const known = this.#sizes.get(message);
    if (known !== undefined) return known;
    const entries = message["e"] ?? message["x"];
    const size = Array.isArray(entries)
      ? entries.reduce((sum: number, entry) => sum + 1 + this.#sizeOf(entry), envelopeBytes)
      : JSON.stringify(message).length;
    this.#sizes.set(message, size);
    return size;
  }
}

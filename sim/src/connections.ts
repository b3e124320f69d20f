import type { Random } from "@beemesh/base";
import type { Plan } from "./happening.ts";
import type { Link, SimulatedMachine } from "./machine.ts";
import type { Network } from "./network.ts";

/** What connections need of their world. */
export interface Surroundings {
  readonly network: Network;
  readonly random: Random;
  readonly nowMs: () => number;
  readonly plan: Plan;
}

/**
 * The connections between machines: made when somebody sends or remembers, broken when a
 * program ends (at once, for its kernel says so) or when the other side is silent for too long.
 */
export class Connections {
  readonly #world: Surroundings;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  /** The connection between two machines; a new one, not open yet, if there is none. */
  dial(from: SimulatedMachine, to: SimulatedMachine): Link {
    const { network, nowMs, plan } = this.#world;
    const present = from.links.get(to);
    if (present !== undefined) {
      // Whoever has rebooted says that it knows nothing of the connection.
      const isRefused = present.isDead && to.node !== undefined && !network.isCut(from, to);
      if (!isRefused) return present;
      this.#break(present, 0);
    }
    const handshakeMs = network.latencyMs() + network.latencyMs();
    const link: Link = {
      ends: [from, to],
      openAtMs: nowMs() + handshakeMs,
      isOpen: false,
      isDead: false,
    };
    from.links.set(to, link);
    to.links.set(from, link);
    plan("handshake", handshakeMs, { link });
    return link;
  }

  /** The handshake is through, or has failed. */
  open(link: Link): void {
    const [from, to] = link.ends;
    if (!isCurrent(link)) return;
    if (link.isDead) return this.#break(link, 0);
    if (from.node === undefined || to.node === undefined || this.#world.network.isCut(from, to)) {
      this.#remove(link);
      this.#retry(from, to);
      this.#retry(to, from);
      return;
    }
    link.isOpen = true;
    for (const [machine, peer] of bothWays(link)) {
      if (machine.remembered.has(peer)) machine.remembered.set(peer, 0);
      const event = { kind: "link", event: { kind: "connected", peer: peer.id } } as const;
      this.#world.plan("event", 0, { machine, event });
    }
  }

  /** Breaks all connections of a machine whose program has ended. */
  end(machine: SimulatedMachine, { silently }: { readonly silently: boolean }): void {
    const { network, plan } = this.#world;
    for (const [peer, link] of machine.links) {
      if (silently || network.isCut(machine, peer)) {
        link.isDead = true;
        plan("timeout", network.options.connectionTimeoutMs, { link });
      } else {
        this.#break(link, network.latencyMs());
      }
    }
  }

  /** Breaks those connections of machines that are cut, if they still are when it is noticed. */
  expireCut(machines: readonly SimulatedMachine[]): void {
    const { network, plan } = this.#world;
    for (const machine of machines) {
      for (const [peer, link] of machine.links) {
        if (!network.isCut(machine, peer)) continue;
        plan("timeout", network.options.connectionTimeoutMs, { link });
      }
    }
  }

  /** A connection has been silent for too long: it breaks if nobody is there. */
  expire(link: Link): void {
    const [a, b] = link.ends;
    const isAlive = a.node !== undefined && b.node !== undefined && !link.isDead;
    if (isCurrent(link) && !(isAlive && !this.#world.network.isCut(a, b))) this.#break(link, 0);
  }

  /** From now on a connection to this peer is kept, or tried for. */
  remember(machine: SimulatedMachine, peer: SimulatedMachine): void {
    if (!machine.remembered.has(peer)) machine.remembered.set(peer, 0);
    this.dial(machine, peer);
  }

  /** Tries once more, if it is still wanted. */
  redial(machine: SimulatedMachine, peer: SimulatedMachine): void {
    if (machine.remembered.has(peer)) this.dial(machine, peer);
  }

  #break(link: Link, afterMs: number): void {
    this.#remove(link);
    for (const [machine, peer] of bothWays(link)) {
      if (machine.node === undefined) continue;
      const event = { kind: "link", event: { kind: "disconnected", peer: peer.id } } as const;
      if (link.isOpen) this.#world.plan("event", afterMs, { machine, event });
      this.#retry(machine, peer);
    }
  }

  #remove(link: Link): void {
    const [a, b] = link.ends;
    if (!isCurrent(link)) return;
    a.links.delete(b);
    b.links.delete(a);
  }

  /** Plans the next attempt, each later than the one before. */
  #retry(machine: SimulatedMachine, peer: SimulatedMachine): void {
    const attempts = machine.remembered.get(peer);
    if (attempts === undefined || machine.node === undefined) return;
    const { network, random, plan } = this.#world;
    const { redialMsMin, redialMsMax } = network.options;
    const pauseMs = Math.min(redialMsMax, redialMsMin * 2 ** Math.min(attempts, 16));
    machine.remembered.set(peer, attempts + 1);
    plan("dial", pauseMs / 2 + random.below(Math.ceil(pauseMs / 2) + 1), { machine, peer });
  }
}

function isCurrent(link: Link): boolean {
  return link.ends[0].links.get(link.ends[1]) === link;
}

function bothWays({
  ends: [a, b],
}: Link): readonly (readonly [SimulatedMachine, SimulatedMachine])[] {
  return [
    [a, b],
    [b, a],
  ];
}

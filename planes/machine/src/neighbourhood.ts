import { after, elapsedMs, type Instant, type Now, type Random } from "@beemesh/base";
import {
  isLive,
  type Member,
  Membership,
  type MembershipEffect,
  type MembershipEvent,
} from "@beemesh/membership";
import type { KubeObject } from "@beemesh/model";
import type { PeerId } from "@beemesh/wire";
import { Directory, greetingMs } from "./directory.ts";
import type { NodeFacts } from "./node.ts";

/** How long news of members is gathered, for each member: 50 ms in a mesh of a thousand. */
const gatherMsPerMember = 0.05;

/** What the neighbourhood asks of the machine, in order. */
export type NeighbourhoodEffect =
  | Exclude<MembershipEffect, { kind: "changed" }>
  /** A machine is held dead from now on, or said goodbye. */
  | { readonly kind: "gone"; readonly peer: PeerId };

/** What a {@link Neighbourhood} is made of. */
export interface NeighbourhoodOptions {
  readonly facts: NodeFacts;
  /** Higher than at any earlier boot. */
  readonly incarnation: number;
  readonly random: Random;
  readonly now: Now;
  /** The Node records of an earlier life. */
  readonly nodes: readonly KubeObject[];
  /** Whether an earlier life has met others, whom this one may know nothing of. */
  readonly hasMet: boolean;
}

/**
 * The machines around this one: who is there (membership), what they are called (their Node
 * records), and when news of them is worth a look at everything.
 */
export class Neighbourhood {
  readonly #membership: Membership;
  readonly #directory: Directory;
  readonly #startedAt: Instant;
  #hasGreeted = false;
  /** Whether this life or an earlier one has met others, heard of by now or not. */
  #hasMet: boolean;
  /** Members came or went, and nobody has looked yet. */
  #isStale = false;
  #regardedAt: Instant;
  #aliveCount = 1;

  constructor({ facts, incarnation, random, now, nodes, hasMet }: NeighbourhoodOptions) {
    this.#hasMet = hasMet;
    this.#startedAt = now.at;
    this.#regardedAt = now.at;
    this.#directory = new Directory(facts, (peer) => this.#livenessOf(peer), now);
    const known = nodes.flatMap((node) => this.#introduce(node));
    const { peer: id, addresses } = facts;
    const startedMs = Math.round(now.wallMs);
    const self: Member = { id, incarnation, startedMs, addresses, state: "alive" };
    this.#membership = new Membership({ self, known, random });
  }

  /** Every machine ever heard of, this one included. */
  members(): ReadonlyMap<PeerId, Member> {
    return this.#membership.members();
  }

  /** The machines that count as there, this one included. */
  alive(): readonly Member[] {
    return this.#membership.alive();
  }

  isAlive(name: string): boolean {
    return this.#directory.isAlive(name);
  }

  nameOf(peer: PeerId): string | undefined {
    return this.#directory.nameOf(peer);
  }

  peerOf(name: string): PeerId | undefined {
    return this.#directory.peerOf(name);
  }

  clockOffsetMs(now: Now): number {
    return this.#membership.meshOffsetMs(now);
  }

  /**
   * A machine that has just come to does not act for others before it had time to hear of them.
   * Only the first of a mesh need not wait, and who is connected is not the first: the first news
   * of a peer may be lost, and a part of its records come before it.
   */
  get mayAct(): boolean {
    const isFirst = this.members().size === 1 && !this.#hasMet;
    return this.#hasGreeted || isFirst || this.#aliveCount > 1;
  }

  step(event: MembershipEvent, now: Now): readonly NeighbourhoodEffect[] {
    this.#hasMet ||= event.kind === "connected";
    return this.#membership
      .step(event, now)
      .flatMap((effect) =>
        effect.kind === "changed" ? this.#changed(effect.member, effect.before) : [effect],
      );
  }

  /** Takes note of a Node record. A machine that membership has not heard of is to be dialled. */
  learn(node: KubeObject, isGone: boolean): readonly NeighbourhoodEffect[] {
    const seen = this.#directory.learn(node, isGone);
    this.#hasMet ||= seen !== undefined;
    if (seen === undefined || this.members().has(seen.peer)) return [];
    return [{ kind: "remember", ...seen }];
  }

  /**
   * Whether it is time to look at everything that depends on who is alive: at once in a small
   * mesh; in a large one news is gathered for some milliseconds, for each costs a look at all.
   *
   * @returns When to ask again, if it is not time yet; undefined if there is no news.
   */
  regard(now: Now): "now" | Instant | undefined {
    this.#directory.advance(now);
    const isGreeting = !this.#hasGreeted && elapsedMs(this.#startedAt, now.at) >= greetingMs;
    if (!this.#isStale && !isGreeting) return undefined;
    const dueAt = after(this.#regardedAt, this.members().size * gatherMsPerMember);
    if (now.at < dueAt) return dueAt;
    this.#hasGreeted ||= isGreeting;
    this.#isStale = false;
    this.#regardedAt = now.at;
    this.#aliveCount = this.alive().length;
    return "now";
  }

  #changed(member: Member, before: Member | undefined): NeighbourhoodEffect[] {
    const isHere = isLive(member);
    if (before !== undefined && isLive(before) === isHere) return [];
    this.#isStale = true;
    const { id: peer, state } = member;
    const facts = { peer, machine: this.nameOf(peer) ?? "", state };
    const event = isHere ? "machine.alive" : "machine.dead";
    const told: NeighbourhoodEffect = { kind: "observe", event, facts };
    return isHere ? [told] : [told, { kind: "gone", peer }];
  }

  /** A machine of an earlier life: to be dialled, and believed only when it is heard. */
  #introduce(node: KubeObject): Member[] {
    const seen = this.#directory.learn(node, false);
    if (seen === undefined) return [];
    const { peer: id, addresses } = seen;
    return [{ id, addresses, incarnation: 0, startedMs: 0, state: "dead" }];
  }

  /** Whether a peer is alive; undefined while it was never heard of in this life. */
  #livenessOf(peer: PeerId): boolean | undefined {
    const member = this.#membership.members().get(peer);
    if (member === undefined || member.incarnation === 0) return undefined;
    return isLive(member);
  }
}

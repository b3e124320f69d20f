import { elapsedMs, type Instant, type Now } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import type { PeerId } from "@beemesh/wire";
import { nodeMarks } from "./node.ts";

/**
 * How long after its own start a machine believes that others live although it has not heard of
 * them yet. Long enough to connect and hear; until then nothing of theirs is replaced.
 */
export const greetingMs = 4000;

/** Whether a peer is held to be alive; undefined for a peer never heard of. */
export type LivenessOf = (peer: PeerId) => boolean | undefined;

/**
 * Machines by name: pods name machines as Kubernetes does, the mesh knows them by their keys, and
 * a machine's Node record says which is which.
 */
export class Directory {
  readonly #self: { readonly name: string; readonly peer: PeerId };
  readonly #livenessOf: LivenessOf;
  readonly #peerByName = new Map<string, PeerId>();
  readonly #nameByPeer = new Map<PeerId, string>();
  readonly #startedAt: Instant;
  #now: Instant;

  constructor(
    self: { readonly name: string; readonly peer: PeerId },
    livenessOf: LivenessOf,
    now: Now,
  ) {
    this.#self = self;
    this.#livenessOf = livenessOf;
    this.#startedAt = now.at;
    this.#now = now.at;
    this.#bind(self.name, self.peer);
  }

  /** Takes note of the time; liveness of the unheard depends on it. */
  advance(now: Now): void {
    this.#now = now.at;
  }

  /** Takes note of a Node record, or that it is gone. Returns where the machine can be reached. */
  learn(
    node: KubeObject,
    isGone: boolean,
  ): { readonly peer: PeerId; readonly addresses: readonly string[] } | undefined {
    const { name, annotations } = node.metadata;
    const peer = annotations?.[nodeMarks.peer];
    // This machine knows its own name and key better than any record.
    if (name === this.#self.name || peer === this.#self.peer) return undefined;
    if (isGone) this.#peerByName.delete(name);
    if (isGone || peer === undefined || peer === "") return undefined;
    this.#bind(name, peer);
    const addresses = annotations?.[nodeMarks.addresses] ?? "";
    return { peer, addresses: addresses.split(",").filter((address) => address !== "") };
  }

  peerOf(name: string): PeerId | undefined {
    return this.#peerByName.get(name);
  }

  nameOf(peer: PeerId): string | undefined {
    return this.#nameByPeer.get(peer);
  }

  /** Whether the machine of this name is held to be alive. */
  isAlive(name: string): boolean {
    if (name === this.#self.name) return true;
    const peer = this.#peerByName.get(name);
    const heard = peer === undefined ? undefined : this.#livenessOf(peer);
    return heard ?? elapsedMs(this.#startedAt, this.#now) < greetingMs;
  }

  #bind(name: string, peer: PeerId): void {
    this.#peerByName.set(name, peer);
    this.#nameByPeer.set(peer, name);
  }
}

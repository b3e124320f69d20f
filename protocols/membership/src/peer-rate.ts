import { elapsedMs, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { Outbox } from "./effect.ts";

/** What a peer may cost in one window: 50 times what a heartbeating neighbour does. */
const costMax = 2048;
const windowMs = 5000;
/** Peers whose cost is kept; a window is over before so many can misbehave. */
const peersMax = 4096;

/** Limits what any one peer may cost, and reports who goes beyond. */
export class PeerRate {
  readonly #out: Outbox;
  #since: Instant | undefined;
  readonly #costs = new Map<PeerId, number>();

  constructor(out: Outbox) {
    this.#out = out;
  }

  /** Whether a message of this cost may still be handled. */
  permits(peer: PeerId, cost: number, at: Instant): boolean {
    const over = this.#since === undefined || elapsedMs(this.#since, at) >= windowMs;
    if (over || this.#costs.size >= peersMax) {
      this.#since = at;
      this.#costs.clear();
    }
    const before = this.#costs.get(peer) ?? 0;
    this.#costs.set(peer, before + cost);
    if (before + cost <= costMax) return true;
    if (before <= costMax) {
      this.#out.add({ kind: "penalize", peer, reason: "too many membership messages" });
    }
    return false;
  }
}

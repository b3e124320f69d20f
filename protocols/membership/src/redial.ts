import type { PeerId } from "@beemesh/wire";
import type { Context } from "./context.ts";

/**
 * Whom the link should keep a connection to, or keep trying to reach.
 *
 * In a small mesh that is everybody. In a large one it is the neighbours on the ring, who watch
 * and are watched, and those of the dead that follow on the ring: other machines dial other
 * dead ones, so that together they find whoever comes back.
 */
export class Redial {
  readonly #context: Context;
  /** Addresses of each, as one text. */
  readonly #remembered = new Map<PeerId, string>();
  /** What the last answer rested on: if it is the same, so is the answer. */
  #marks: readonly unknown[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  /** Tells the link what has changed since the last time. */
  update(): void {
    const neighbours = this.#neighbours();
    const { view } = this.#context;
    const addresses = neighbours.map((peer) => view.get(peer)?.addresses.join());
    const marks = [view.lost.version, ...neighbours, ...addresses];
    if (marks.length === this.#marks.length && marks.every((mark, i) => mark === this.#marks[i])) {
      return;
    }
    this.#marks = marks;
    this.#tell(new Set([...neighbours, ...this.#lost()]));
  }

  #tell(wanted: ReadonlySet<PeerId>): void {
    const { out, view } = this.#context;
    for (const peer of this.#remembered.keys()) {
      if (wanted.has(peer)) continue;
      this.#remembered.delete(peer);
      out.add({ kind: "forget", peer });
    }
    for (const peer of wanted) {
      const addresses = view.get(peer)?.addresses ?? [];
      if (this.#remembered.get(peer) === addresses.join()) continue;
      this.#remembered.set(peer, addresses.join());
      out.add({ kind: "remember", peer, addresses });
    }
  }

  #neighbours(): PeerId[] {
    const { view, self, options } = this.#context;
    const { smallMax, watchersCount } = options;
    if (view.live.size <= smallMax) return view.live.after(self, smallMax);
    return [...view.live.after(self, watchersCount), ...view.live.before(self, watchersCount)];
  }

  #lost(): PeerId[] {
    const { view, self, options } = this.#context;
    return view.lost.after(self, options.redialMax);
  }
}

import { elapsedMs, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { Context } from "./context.ts";
import { isLive } from "./member.ts";

/**
 * The memory of machines that are gone: kept for days, so that one that returns is recognised
 * and redialled, and forgotten afterwards, the longest gone first.
 */
export class Graveyard {
  readonly #context: Context;
  /** Since when each is gone, in that order. */
  readonly #goneAt = new Map<PeerId, Instant>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Takes note of who is gone and who is back. */
  note(id: PeerId, at: Instant): void {
    const member = this.#context.view.get(id);
    if (member === undefined || isLive(member)) this.#goneAt.delete(id);
    else if (!this.#goneAt.has(id)) this.#goneAt.set(id, at);
  }

  /** Forgets whom it is time to forget, and returns them. */
  sweep(now: Instant): readonly PeerId[] {
    const { view, options } = this.#context;
    const forgotten: PeerId[] = [];
    for (const [id, at] of this.#goneAt) {
      const tooMany = this.#goneAt.size > options.lostMax;
      if (!tooMany && elapsedMs(at, now) < options.lostMs) break;
      this.#goneAt.delete(id);
      view.remove(id);
      forgotten.push(id);
    }
    return forgotten;
  }
}

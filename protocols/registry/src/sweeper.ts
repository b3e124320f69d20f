import { elapsedMs, type Instant, type Now } from "@beemesh/base";
import { type Held, isTombstone } from "./held.ts";
import { isExpired, isStray } from "./inspection.ts";
import { handoffBatch, strayStatusMs } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { Placement } from "./placement.ts";
import type { Library, Sheet } from "./shelf.ts";

export interface SweeperOptions {
  readonly library: Library;
  readonly placement: Placement;
  readonly outbox: Outbox;
  /** Whether this machine has a reason to hold the entry. */
  readonly isRetained: (held: Held) => boolean;
}

/** What this machine holds for no reason of its own. */
export interface Strangers {
  readonly count: number;
  /** How many of them have not been offered to the keepers yet. */
  readonly left: number;
}

/** Finds what need not be held any longer, by anybody or by this machine. */
export class Sweeper {
  readonly #options: SweeperOptions;
  /** Statuses without a specification, and since when: it may yet come. */
  #orphans = new Map<Held, Instant>();

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** What all machines may forget at this time of the mesh. */
  garbage(meshMs: number, now: Now): readonly Held[] {
    const orphans = new Map<Held, Instant>();
    const found: Held[] = [];
    for (const shelf of this.#options.library.shelves) {
      for (const sheet of shelf.sheets.values()) {
        found.push(...garbageOf(sheet, meshMs));
        if (sheet.spec !== undefined) continue;
        for (const status of sheet.statuses) {
          orphans.set(status, this.#orphans.get(status) ?? now.at);
        }
      }
    }
    this.#orphans = orphans;
    for (const [status, since] of orphans) {
      if (elapsedMs(since, now.at) > strayStatusMs) found.push(status);
    }
    return found;
  }

  /**
   * Offers the keepers a part of what this machine holds for no reason of its own. It is dropped
   * when enough of them hold it.
   */
  handOver(now: Now): Strangers {
    const { library, placement, outbox, isRetained } = this.#options;
    let count = 0;
    let left = 0;
    for (const shelf of library.shelves) {
      if (placement.isKept(shelf.collection)) continue;
      const strangers = [...shelf.tree.entries()].filter((held) => !isRetained(held));
      const idle = strangers.filter((held) => !outbox.isUnderway(held));
      const offered = idle.slice(0, Math.max(0, handoffBatch - (strangers.length - idle.length)));
      for (const held of offered) this.#offer(held, now);
      count += strangers.length;
      left += idle.length - offered.length;
    }
    return { count, left };
  }

  #offer(held: Held, now: Now): void {
    const { placement, outbox } = this.#options;
    const keepers = placement.keepersOf(held.entry.collection);
    const wanted = placement.wantedOf(held.entry.collection);
    outbox.deliver({ held, keepers, others: [], wanted, isOffer: true }, now);
  }
}

function garbageOf(sheet: Readonly<Sheet>, meshMs: number): readonly Held[] {
  const { spec, statuses } = sheet;
  const stray = statuses.filter(({ entry }) => isStray(entry, sheet, meshMs));
  // A deletion is remembered at least as long as the statuses of what it deleted.
  if (spec === undefined || statuses.length > 0) return stray;
  return isTombstone(spec.entry) && isExpired(spec.entry, meshMs) ? [spec] : [];
}

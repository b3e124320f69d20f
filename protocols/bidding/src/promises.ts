import { elapsedMs, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";

/** How long an award is news to the one who got it; after that its bids know of it. */
const newsMs = 1000;
/** A bid that comes so soon after an award to its sender may have been made without it. */
const crossingMs = 150;
/** Awards whose confirmation is remembered, so that a late copy of it does no harm. */
const keptMax = 4096;

interface Given {
  readonly at: Instant;
  readonly count: number;
}

/**
 * What this author has given to whom a moment ago. Many auctions of one workload run at once,
 * and the bids of one know nothing of the awards of another; the author does.
 */
export class Promises {
  readonly #given = new Map<string, Given[]>();
  readonly #kept = new Set<string>();

  give(
    workload: string,
    { machine, count }: { readonly machine: PeerId; readonly count: number },
    at: Instant,
  ): void {
    const key = `${machine} ${workload}`;
    const recent = (this.#given.get(key) ?? []).filter((given) => elapsedMs(given.at, at) < newsMs);
    this.#given.delete(key);
    this.#given.set(key, [...recent, { at, count }]);
    this.#forget(at);
  }

  /** Pods of the workload that the machine was given, and could not know of when it bid. */
  count(workload: string, machine: PeerId, bidAt: Instant): number {
    const given = this.#given.get(`${machine} ${workload}`) ?? [];
    let count = 0;
    for (const { at, count: pods } of given) if (elapsedMs(at, bidAt) <= crossingMs) count += pods;
    return count;
  }

  /** Notes that an award was confirmed in time. */
  keep(award: string): void {
    this.#kept.add(award);
    if (this.#kept.size <= keptMax) return;
    const [oldest] = this.#kept;
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  isKept(award: string): boolean {
    return this.#kept.has(award);
  }

  #forget(now: Instant): void {
    for (const [key, given] of this.#given) {
      const last = given.at(-1);
      if (last !== undefined && elapsedMs(last.at, now) < newsMs) return;
      this.#given.delete(key);
    }
  }
}

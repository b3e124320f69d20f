import { hashOf } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { spreadFilter } from "./filter.ts";
import type { Bid, Task } from "./message.ts";

/** A bid, and how much of it has been used. */
export interface Standing {
  readonly bid: Bid;
  /** Scores of the bid that are taken, or must be expected to be. */
  readonly used: number;
}

/** Who gets how many pods, and who was passed over because pods must be spread. */
export interface Allotment {
  readonly counts: ReadonlyMap<PeerId, number>;
  readonly unspread: ReadonlySet<PeerId>;
}

/**
 * Spreads `count` pods over the bids: one by one, each to the best score that is left, so that a
 * machine's second pod stands back behind another's first. Equal scores are ordered by a hash
 * of task and machine, so that equal machines share the work of many tasks.
 *
 * @param placed - Pods already awarded in this task, by machine.
 */
export function allot(
  { id, requirements }: Task,
  standings: readonly Standing[],
  count: number,
  placed: ReadonlyMap<PeerId, number>,
): Allotment {
  const domains = new Domains(requirements.spread.filter(({ hard }) => hard));
  const seats = standings.map(({ bid, used }) => ({ bid, used, tie: hashOf(id + bid.bidder) }));
  for (const { bid } of seats) domains.add(bid.domains, 0);
  for (const { bid } of seats) domains.add(bid.domains, placed.get(bid.bidder) ?? 0);
  const counts = new Map<PeerId, number>();
  const unspread = new Set<PeerId>();
  for (let pod = 0; pod < count; pod += 1) {
    let best: (typeof seats)[number] | undefined;
    for (const seat of seats) {
      const score = seat.bid.scores[seat.used];
      if (score === undefined) continue;
      if (!domains.permits(seat.bid.domains)) unspread.add(seat.bid.bidder);
      else if (best === undefined || isBetter(seat, best)) best = seat;
    }
    if (best === undefined) break;
    best.used += 1;
    domains.add(best.bid.domains, 1);
    counts.set(best.bid.bidder, (counts.get(best.bid.bidder) ?? 0) + 1);
  }
  return { counts, unspread };
}

/** The filter of a machine that was passed over for spread. */
export const unspreadFilter = spreadFilter;

interface Seat {
  readonly bid: Bid;
  used: number;
  readonly tie: number;
}

function isBetter(a: Seat, b: Seat): boolean {
  const difference = (a.bid.scores[a.used] ?? 0) - (b.bid.scores[b.used] ?? 0);
  return difference > 0 || (difference === 0 && a.tie > b.tie);
}

/** Pods by domain of every hard spread constraint, as the allotment goes on. */
class Domains {
  readonly #constraints: readonly {
    readonly key: string;
    readonly maxSkew: number;
    readonly counts: Map<string, number>;
  }[];

  constructor(
    spread: readonly {
      readonly key: string;
      readonly maxSkew: number;
      readonly counts: Readonly<Record<string, number>>;
    }[],
  ) {
    this.#constraints = spread.map(({ key, maxSkew, counts }) => ({
      key,
      maxSkew,
      counts: new Map(Object.entries(counts)),
    }));
  }

  add(domains: Readonly<Record<string, string>>, pods: number): void {
    for (const { key, counts } of this.#constraints) {
      const domain = domains[key];
      if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + pods);
    }
  }

  permits(domains: Readonly<Record<string, string>>): boolean {
    return this.#constraints.every(({ key, maxSkew, counts }) => {
      const here = counts.get(domains[key] ?? "");
      if (here === undefined) return false;
      return here + 1 - Math.min(...counts.values()) <= maxSkew;
    });
  }
}

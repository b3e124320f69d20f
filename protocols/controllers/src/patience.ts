import { after, type Instant } from "@beemesh/base";
import type { ControllersEffect } from "./effect.ts";

/** Something that a controller found missing. */
export interface Action {
  /** What it does, in words that stay the same while it is missing. */
  readonly id: string;
  readonly effects: readonly ControllersEffect[];
  /** How long a keeper waits for each keeper before it; 500 ms if not given. */
  readonly patienceMs?: number;
  /** How long something of its group must have been missing for anybody to act; 0 if not given. */
  readonly settleMs?: number;
  /** What `settleMs` counts for, if that changes faster than it is waited for; else its id. */
  readonly group?: string;
}

/** Longer than a keeper needs to see and do what it finds; half of what losing one may cost. */
const patienceMsDefault = 500;

/** What was done and is still missing is done again after 1 s, doubled to 30 s. */
const repeatMsFirst = 1000;
const repeatMsMax = 30_000;

interface Wanted {
  readonly since: Instant;
  readonly groupSince: Instant;
  readonly group: string;
  readonly timesDone: number;
  readonly notBefore: Instant;
}

/**
 * Who acts, and when: keeper 0 at once, keeper k when something has been missing for k times its
 * patience. What does not help is repeated more and more slowly.
 */
export class Patience {
  readonly #wanted = new Map<string, ReadonlyMap<string, Wanted>>();

  /**
   * Takes note of all that is missing about `key` now; what it does not name is no longer.
   *
   * @returns What to do now, and when to look again.
   */
  weigh(
    key: string,
    actions: readonly Action[],
    { at, rank }: { readonly at: Instant; readonly rank: number },
  ): { readonly due: readonly Action[]; readonly nextAt: Instant | undefined } {
    const before = this.#wanted.get(key);
    const wanted = new Map<string, Wanted>();
    const due: Action[] = [];
    let nextAt: Instant | undefined;
    for (const action of actions) {
      if (wanted.has(action.id)) continue;
      const known = before?.get(action.id) ?? begun(action, before, at);
      const isDue = at >= dueAt(known, action, rank);
      const next = isDue ? done(known, at) : known;
      if (isDue) due.push(action);
      wanted.set(action.id, next);
      const againAt = dueAt(next, action, rank);
      if (nextAt === undefined || againAt < nextAt) nextAt = againAt;
    }
    if (wanted.size === 0) this.#wanted.delete(key);
    else this.#wanted.set(key, wanted);
    return { due, nextAt };
  }

  forget(key: string): void {
    this.#wanted.delete(key);
  }
}

function dueAt({ since, groupSince, notBefore }: Wanted, action: Action, rank: number): Instant {
  const { settleMs = 0, patienceMs = patienceMsDefault } = action;
  const ripeAt = latest(since, after(groupSince, settleMs));
  return latest(after(ripeAt, rank * patienceMs), notBefore);
}

function latest(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

/** Of a group that was missing already in another form, the time counts on. */
function begun(
  { id, group = id }: Action,
  before: ReadonlyMap<string, Wanted> | undefined,
  at: Instant,
): Wanted {
  const sibling = [...(before?.values() ?? [])].find((each) => each.group === group);
  const isOpen = sibling?.timesDone === 0;
  const groupSince = isOpen ? sibling.groupSince : at;
  return { since: at, groupSince, group, timesDone: 0, notBefore: at };
}

function done(wanted: Wanted, at: Instant): Wanted {
  const waitMs = Math.min(repeatMsMax, repeatMsFirst * 2 ** wanted.timesDone);
  return { ...wanted, timesDone: wanted.timesDone + 1, notBefore: after(at, waitMs) };
}

import type { Now } from "@beemesh/base";
import type { Verifier } from "@beemesh/ports";
import type { Entry, PeerId } from "@beemesh/wire";
import type { HybridClock } from "./clock.ts";
import type { RegistryEffect } from "./event.ts";
import { type Held, isNewer } from "./held.ts";
import { inspect, isExpired, isOffence, isStray } from "./inspection.ts";
import { fosteredMax } from "./limits.ts";
import type { Library } from "./shelf.ts";

export interface AcceptanceOptions {
  readonly library: Library;
  readonly clock: HybridClock;
  readonly verifier: Verifier;
  /** Whether an author's certificate is known, so that its signature can be judged. */
  readonly isKnown: (author: PeerId) => boolean;
  /** Whether this machine has a reason to hold the entry. */
  readonly isRetained: (held: Held) => boolean;
  /** Whether an older version than the one that is held here says what that lacks. */
  readonly isLate: (mine: Entry, older: Held) => boolean;
  readonly hold: (entry: Entry) => Held;
  readonly emit: (effect: RegistryEffect) => void;
}

export interface Sifted {
  /** To be kept now. */
  readonly accepted: readonly Held[];
  /** Older than what is held here, and yet they say what that lacks. */
  readonly late: readonly Held[];
  /** Ids of the entries that are held here then, or newer ones: what may be acknowledged. */
  readonly ids: readonly number[];
  /** Newer versions held here of what the peer sent. */
  readonly newer: readonly Held[];
  /** Authors whose entries could not be judged. */
  readonly strangers: ReadonlySet<PeerId>;
}

/** Nothing; something although it is older; or it is newer than what is held here. */
type News = "none" | "late" | "newer";

/** What has been sifted of a message so far. */
interface Sieve {
  readonly accepted: Map<string, Held>;
  readonly late: Held[];
  readonly ids: number[];
  readonly newer: Held[];
  readonly strangers: Set<PeerId>;
}

/**
 * The door of the registry: decides about entries from a peer. Whatever is old, and says no more
 * than what is newer, costs no check of a signature, and the first offence ends the message, so
 * that a flood of garbage costs little.
 */
export class Acceptance {
  readonly #options: AcceptanceOptions;
  #fostered = 0;

  constructor(options: AcceptanceOptions) {
    this.#options = options;
  }

  /** Sifts a message. `now` has its wall clock corrected to the mesh's time. */
  sift(from: PeerId, entries: readonly Entry[], now: Now): Sifted {
    const sieve: Sieve = {
      accepted: new Map(),
      late: [],
      ids: [],
      newer: [],
      strangers: new Set(),
    };
    for (const entry of entries) {
      if (this.#judge(from, entry, sieve, now) === "offence") break;
    }
    return { ...sieve, accepted: [...sieve.accepted.values()] };
  }

  #judge(from: PeerId, entry: Entry, sieve: Sieve, now: Now): "offence" | undefined {
    const { verifier, clock, hold, isKnown } = this.#options;
    const held = hold(entry);
    const news = this.#newsOf(held, sieve, now);
    if (news === "none") {
      sieve.ids.push(held.id);
      return undefined;
    }
    if (!isKnown(entry.author)) {
      sieve.strangers.add(entry.author);
      return undefined;
    }
    const refusal = inspect(entry, verifier, clock, now);
    if (refusal === undefined) this.#admit(held, news, sieve);
    else this.#refuse(from, entry, refusal);
    return refusal !== undefined && isOffence(refusal) ? "offence" : undefined;
  }

  /** What an entry has to say; what is held here of it and is newer is noted. */
  #newsOf(held: Held, sieve: Sieve, now: Now): News {
    const { library, isLate } = this.#options;
    const { entry } = held;
    const mine = sieve.accepted.get(held.key) ?? library.get(entry);
    if (mine === undefined) return this.#isGarbage(entry, now) ? "none" : "newer";
    if (this.#replaces(entry, mine.entry, now)) return "newer";
    if (mine.id === held.id) return "none";
    sieve.newer.push(mine);
    return isLate(mine.entry, held) ? "late" : "none";
  }

  #admit(held: Held, news: News, sieve: Sieve): void {
    const { accepted, late, ids } = sieve;
    if (news === "late") late.push(held);
    else if (!this.#hasRoomFor(held)) return;
    else {
      const earlier = accepted.get(held.key);
      if (earlier !== undefined && this.#options.isLate(held.entry, earlier)) late.push(earlier);
      accepted.set(held.key, held);
    }
    ids.push(held.id);
  }

  /** Entries held for no reason of this machine's own, as counted by the last sweep. */
  set fostered(count: number) {
    this.#fostered = count;
  }

  /** What was stamped by a clock far ahead would otherwise stay for ever. */
  #replaces(entry: Entry, mine: Entry, now: Now): boolean {
    return isNewer(entry, mine) || this.#options.clock.isFromFuture(mine.stamp, now);
  }

  #isGarbage(entry: Entry, now: Now): boolean {
    const { library, clock } = this.#options;
    const meshMs = clock.meshMs(now);
    if (isExpired(entry, meshMs)) return true;
    if (entry.part === "spec") return false;
    const sheet = library.shelf(entry.collection)?.sheets.get(entry.name);
    return sheet !== undefined && isStray(entry, sheet, meshMs);
  }

  #hasRoomFor(held: Held): boolean {
    if (this.#options.isRetained(held)) return true;
    this.#fostered += 1;
    return this.#fostered <= fosteredMax;
  }

  #refuse(peer: PeerId, { collection, name, part }: Entry, refusal: string): void {
    const { emit } = this.#options;
    const facts = { peer, refusal, collection, name, part };
    emit({ kind: "observe", event: "entry.refused", facts });
    if (refusal === "from-future") return;
    emit({ kind: "penalize", peer, reason: `entry-${refusal}` });
  }
}

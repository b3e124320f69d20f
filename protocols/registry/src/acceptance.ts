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
  readonly hold: (entry: Entry) => Held;
  readonly emit: (effect: RegistryEffect) => void;
}

export interface Sifted {
  /** To be kept now. */
  readonly accepted: readonly Held[];
  /** Ids of the entries that are held here then, or newer ones: what may be acknowledged. */
  readonly ids: readonly number[];
  /** Newer versions held here of what the peer sent. */
  readonly newer: readonly Held[];
  /** Authors whose entries could not be judged. */
  readonly strangers: ReadonlySet<PeerId>;
}

/**
 * The door of the registry: decides about entries from a peer. Whatever is old costs no check of
 * a signature, and the first offence ends the message, so that a flood of garbage costs little.
 */
export class Acceptance {
  readonly #options: AcceptanceOptions;
  #fostered = 0;

  constructor(options: AcceptanceOptions) {
    this.#options = options;
  }

  /** Sifts a message. `now` has its wall clock corrected to the mesh's time. */
  sift(from: PeerId, entries: readonly Entry[], now: Now): Sifted {
    const { library, verifier, clock, hold, isKnown } = this.#options;
    const accepted = new Map<string, Held>();
    const ids: number[] = [];
    const newer: Held[] = [];
    const strangers = new Set<PeerId>();
    for (const entry of entries) {
      const held = hold(entry);
      const mine = accepted.get(held.key) ?? library.get(entry);
      if (mine !== undefined && !this.#replaces(entry, mine.entry, now)) {
        ids.push(held.id);
        if (mine.id !== held.id) newer.push(mine);
        continue;
      }
      if (mine === undefined && this.#isGarbage(entry, now)) {
        ids.push(held.id);
        continue;
      }
      if (!isKnown(entry.author)) {
        strangers.add(entry.author);
        continue;
      }
      const refusal = inspect(entry, verifier, clock, now);
      if (refusal !== undefined) {
        this.#refuse(from, entry, refusal);
        if (isOffence(refusal)) break;
        continue;
      }
      if (!this.#hasRoomFor(held)) continue;
      accepted.set(held.key, held);
      ids.push(held.id);
    }
    return { accepted: [...accepted.values()], ids, newer, strangers };
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

import type { Now } from "@beemesh/base";
import type { Verifier } from "@beemesh/ports";
import type { Entry, PeerId } from "@beemesh/wire";
import type { RegistryEffect } from "./event.ts";
import { type Held, isNewer } from "./held.ts";
import { namespaceOf } from "./inspection.ts";
import { coveredMax } from "./limits.ts";
import type { Placement } from "./placement.ts";
import type { Reunions } from "./reunions.ts";

export interface MenderOptions {
  readonly self: PeerId;
  readonly verifier: Verifier;
  readonly placement: Placement;
  /** Without it the newer version holds whole. */
  readonly reunions: Reunions | undefined;
  /** Writes a body in the place of a version: newer than that, older than all else. */
  readonly write: (version: Entry, body: string, now: Now) => void;
  readonly emit: (effect: RegistryEffect) => void;
}

/**
 * Mends what a cut has torn: when a version is about to be lost of which the newer one does not
 * know all, it writes what both are together. It does so in the same step, so that the older one
 * goes off the disk, or is acknowledged, no sooner than what it says is on the disk.
 *
 * The keepers of a collection do it, and who wrote the older version; all of them come to the
 * same. Anybody else hands the older version to a keeper.
 */
export class Mender {
  readonly #options: MenderOptions;
  /** Versions of which the one held here was found to know all, the oldest first. */
  readonly #covered = new Set<number>();

  constructor(options: MenderOptions) {
    this.#options = options;
  }

  /** Whether a version that is older than the one held here is to be looked at all the same. */
  isLate(newer: Entry, older: Held): boolean {
    if (!isNewer(newer, older.entry) || !this.#isFor(older.entry)) return false;
    if (this.#lacks(newer, older.entry)) return true;
    this.#remember(older.id);
    return false;
  }

  /** Whether the version held here may lack what an older one says, of which the id is known. */
  mayLack(newer: Entry, id: number): boolean {
    return !this.#covered.has(id) && this.#options.reunions?.mayLack(newer) === true;
  }

  /** Brings a newer version and the one that it replaces together. Returns whether it wrote. */
  mend(newer: Entry, older: Entry, now: Now): boolean {
    if (!isNewer(newer, older)) return false;
    if (this.#isFor(older)) return this.#unite(newer, older, now);
    if (this.#lacks(newer, older)) this.#handOn(older);
    return false;
  }

  #lacks(newer: Entry, older: Entry): boolean {
    return this.#options.reunions?.lacks(newer, older) === true;
  }

  #isFor({ collection, author }: Entry): boolean {
    const { self, verifier, placement } = this.#options;
    if (!placement.isKept(collection) && author !== self) return false;
    return verifier.mayAuthor(self, namespaceOf({ collection }));
  }

  #handOn(entry: Entry): void {
    const { self, placement, emit } = this.#options;
    const keeper = placement.keepersOf(entry.collection).find((each) => each !== self);
    if (keeper === undefined) return;
    emit({ kind: "send", to: keeper, message: { k: "r.put", e: [entry] } });
  }

  #unite(newer: Entry, older: Entry, now: Now): boolean {
    const { reunions, write, emit } = this.#options;
    const reunion = reunions?.unite(newer, older) ?? { kind: "covered" };
    if (reunion.kind === "invalid") {
      emit({ kind: "disunited", object: reunion.object, fields: reunion.fields });
    }
    if (reunion.kind !== "united") return false;
    const { collection, name } = newer;
    emit({ kind: "observe", event: "registry.reunited", facts: { collection, name } });
    write(newer, reunion.body, now);
    return true;
  }

  #remember(id: number): void {
    this.#covered.add(id);
    if (this.#covered.size <= coveredMax) return;
    const [oldest] = this.#covered;
    if (oldest !== undefined) this.#covered.delete(oldest);
  }
}

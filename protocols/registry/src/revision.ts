import { hashOf, type Now } from "@beemesh/base";
import type { Revision } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";

/** 2025-01-01T00:00:00Z: 41 bits of milliseconds from here last to 2094. */
const epochMs = 1_735_689_600_000;

const tagBits = 10n;
const counterBits = 12n;
const tagMask = (1n << tagBits) - 1n;

/** How far ahead a ceiling is set, so that the disk is asked twice a minute and not every time. */
const ceilingAheadMs = 30_000;

export interface RevisionClockOptions {
  readonly self: PeerId;
  /** The last ceiling that was kept: no revision up to it is given out again. */
  readonly ceiling?: Revision | undefined;
}

/**
 * Gives out revisions: decimal integers that rise strictly, also over a restart.
 *
 *     (milliseconds since 2025) << 22 | (counter) << 10 | (tag of this machine)
 *
 * Time comes first so that a client that changes over to another machine almost never goes back,
 * and the tag says who gave it out. The disk does not hear of every revision: it holds a ceiling
 * that none has passed yet.
 */
export class RevisionClock {
  readonly #tag: bigint;
  #last = 0n;
  #ceiling = 0n;

  constructor({ self, ceiling }: RevisionClockOptions) {
    this.#tag = BigInt(hashOf(self)) & tagMask;
    const kept = ceiling === undefined ? undefined : readRevision(ceiling);
    this.#ceiling = kept ?? 0n;
    this.#last = this.#ceiling;
  }

  get last(): bigint {
    return this.#last;
  }

  /** The next revision. */
  next(now: Now): bigint {
    const ms = BigInt(Math.max(0, Math.floor(now.wallMs) - epochMs));
    const byTime = (ms << (counterBits + tagBits)) | this.#tag;
    const byCount = (((this.#last >> tagBits) + 1n) << tagBits) | this.#tag;
    this.#last = byTime > this.#last ? byTime : byCount;
    return this.#last;
  }

  /** The ceiling to keep before the last revision is seen by anybody; undefined if it stands. */
  takeCeiling(): Revision | undefined {
    if (this.#last <= this.#ceiling) return undefined;
    this.#ceiling = this.#last + (BigInt(ceilingAheadMs) << (counterBits + tagBits));
    return String(this.#ceiling);
  }

  /** Whether this machine, or one with the same tag, gave the revision out. */
  isOurs(revision: bigint): boolean {
    return (revision & tagMask) === this.#tag;
  }
}

/** Reads a revision from outside; undefined if it is none. */
export function readRevision(text: string): bigint | undefined {
  return /^[1-9]\d{0,18}$/u.test(text) ? BigInt(text) : undefined;
}

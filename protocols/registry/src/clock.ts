import type { Now } from "@beemesh/base";
import { formatStamp, type PeerId, readStamp, type Stamp, stampCounterMax } from "@beemesh/wire";
import { stampAheadMsMax } from "./limits.ts";

export interface HybridClockOptions {
  readonly self: PeerId;
  /** How far ahead of the wall clock an observed stamp may be, in milliseconds. */
  readonly aheadMsMax?: number;
}

/** A stamp before all that clocks make. */
export function firstStamp(machine: PeerId): Stamp {
  return formatStamp({ wallMs: 0, counter: 0, machine });
}

/**
 * The clock that stamps entries: close to the wall clock, yet later than every stamp seen before,
 * so that whoever has seen a value overwrites it.
 *
 * Like a till number that is stamped together with the time of day: when the time of day stands
 * still or goes back, the number alone goes on.
 *
 * Source: Kulkarni et al., "Logical Physical Clocks and Consistent Snapshots", 2014.
 */
export class HybridClock {
  readonly #self: PeerId;
  readonly #aheadMsMax: number;
  #wallMs = 0;
  #counter = 0;
  #refused = 0;

  constructor({ self, aheadMsMax = stampAheadMsMax }: HybridClockOptions) {
    this.#self = self;
    this.#aheadMsMax = aheadMsMax;
  }

  /** Stamps refused because they came from the future. */
  get refused(): number {
    return this.#refused;
  }

  /** Milliseconds since 1970 as the mesh counts them: never less than in any stamp seen. */
  meshMs(now: Now): number {
    return Math.max(Math.floor(now.wallMs), this.#wallMs);
  }

  /** A stamp later than all that were made and observed here. */
  next(now: Now): Stamp {
    const wallMs = this.meshMs(now);
    this.#counter = wallMs === this.#wallMs ? this.#counter + 1 : 0;
    this.#wallMs = wallMs;
    if (this.#counter > stampCounterMax) {
      // More readings than fit into a millisecond: borrow the next one.
      this.#wallMs += 1;
      this.#counter = 0;
    }
    return formatStamp({ wallMs: this.#wallMs, counter: this.#counter, machine: this.#self });
  }

  /** From now on stamps are so much later than the wall clock says, until that has caught up. */
  leap(aheadMs: number, now: Now): void {
    const wallMs = Math.floor(now.wallMs) + aheadMs;
    if (wallMs <= this.#wallMs) return;
    this.#wallMs = wallMs;
    this.#counter = 0;
  }

  /** A stamp right after another: earlier than all that anybody makes of the time since. */
  follow(stamp: Stamp): Stamp {
    const { wallMs, counter } = readStamp(stamp);
    const isFull = counter >= stampCounterMax;
    return formatStamp({
      wallMs: isFull ? wallMs + 1 : wallMs,
      counter: isFull ? 0 : counter + 1,
      machine: this.#self,
    });
  }

  /** Takes note of a stamp made elsewhere, unless it is too far ahead of the wall clock. */
  observe(stamp: Stamp, now: Now): "observed" | "from-future" {
    if (this.isFromFuture(stamp, now)) {
      this.#refused += 1;
      return "from-future";
    }
    this.restore(stamp);
    return "observed";
  }

  /** Whether a stamp is too far ahead of the wall clock to be believed. */
  isFromFuture(stamp: Stamp, now: Now): boolean {
    return readStamp(stamp).wallMs > now.wallMs + this.#aheadMsMax;
  }

  /** Goes on after a stamp that this machine kept on disk, whatever the wall clock says. */
  restore(stamp: Stamp): void {
    const { wallMs, counter } = readStamp(stamp);
    if (wallMs < this.#wallMs || (wallMs === this.#wallMs && counter <= this.#counter)) return;
    this.#wallMs = wallMs;
    this.#counter = counter;
  }

  /**
   * Forgets what was seen if it is from the future, as it is after the wall clock was wrong by
   * far. Returns whether it was.
   */
  comeBack(now: Now): boolean {
    if (this.#wallMs <= now.wallMs + this.#aheadMsMax) return false;
    this.#wallMs = 0;
    this.#counter = 0;
    return true;
  }
}

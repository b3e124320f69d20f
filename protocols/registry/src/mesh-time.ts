import { elapsedMs, type Instant, type Now } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { clockSampleMs, clockSamplesMax, stampAheadMsMax } from "./limits.ts";

interface Sample {
  /** The peer's wall clock less ours, in milliseconds; wrong by the time a message takes. */
  readonly offsetMs: number;
  readonly takenAt: Instant;
}

/**
 * What time it is when clocks may be wrong by years: the middle one of all clocks heard lately,
 * our own among them, if ours is far from it; else our own.
 *
 * A computer without a battery for its clock starts in 1970, and must be able to join all the
 * same. While fewer than half of the peers lie, the middle is an honest clock's or between two.
 */
export class MeshTime {
  readonly #samples = new Map<PeerId, Sample>();
  #offsetMs = 0;

  /** Takes note of what a peer's wall clock says. Returns whether our time moved. */
  hear(peer: PeerId, peerWallMs: number, now: Now): boolean {
    this.#samples.delete(peer);
    this.#samples.set(peer, { offsetMs: peerWallMs - now.wallMs, takenAt: now.at });
    this.#forgetOld(now.at);
    const before = this.#offsetMs;
    this.#offsetMs = this.#middle();
    return before !== this.#offsetMs;
  }

  /** `now` with the wall clock put right. */
  correct(now: Now): Now {
    return this.#offsetMs === 0 ? now : { at: now.at, wallMs: now.wallMs + this.#offsetMs };
  }

  /** Samples lie in the order in which they were taken. */
  #forgetOld(at: Instant): void {
    for (const [peer, { takenAt }] of this.#samples) {
      const isOld = elapsedMs(takenAt, at) > clockSampleMs;
      if (!isOld && this.#samples.size <= clockSamplesMax) return;
      this.#samples.delete(peer);
    }
  }

  #middle(): number {
    if (!this.#isAnyFar()) return 0;
    const offsets = [0, ...[...this.#samples.values()].map(({ offsetMs }) => offsetMs)];
    const sorted = offsets.toSorted((a, b) => a - b);
    // Of two in the middle the later: a clock that lost its battery is behind, not ahead.
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return isFar(middle) ? middle : 0;
  }

  /** Mostly nobody is, and then neither is the middle one. */
  #isAnyFar(): boolean {
    for (const { offsetMs } of this.#samples.values()) if (isFar(offsetMs)) return true;
    return false;
  }
}

function isFar(offsetMs: number): boolean {
  return Math.abs(offsetMs) > stampAheadMsMax / 2;
}

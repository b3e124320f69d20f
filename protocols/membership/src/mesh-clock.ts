import { elapsedMs, type Instant, instantAt, type Now } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";

/** Peers whose clocks are compared: a median of more is not better. */
const readingsMax = 32;
/** A longer life earns no more weight, or the oldest machine's clock would rule alone. */
const weightMsMax = 86_400_000;
/** Clocks this close are fine as they are. */
const toleranceMs = 60_000;

interface Reading {
  /** Peer's wall clock minus our monotonic clock, so that jumps of our wall clock do no harm. */
  readonly baseMs: number;
  /** When the peer's life began, on our monotonic clock. */
  readonly bornAt: Instant;
}

/**
 * What time it is for the mesh: the median of the clocks of this machine and its peers, each
 * weighted by how long it has been up. A newcomer whose battery is empty, and a hundred of
 * them, follow the mesh; two machines that disagree follow the longer-lived, and between equals
 * the later clock, for it is the past that dead batteries fall back to.
 */
export class MeshClock {
  readonly #readings = new Map<PeerId, Reading>();

  /** Takes a peer's clock and uptime, as they were when it sent them. */
  read(
    peer: PeerId,
    clock: { readonly wallMs: number; readonly uptimeMs: number },
    now: Now,
  ): void {
    this.#readings.delete(peer);
    if (this.#readings.size >= readingsMax) {
      const [oldest] = this.#readings.keys();
      if (oldest !== undefined) this.#readings.delete(oldest);
    }
    this.#readings.set(peer, {
      baseMs: clock.wallMs - now.at,
      bornAt: instantAt(now.at - clock.uptimeMs),
    });
  }

  forget(peer: PeerId): void {
    this.#readings.delete(peer);
  }

  /** Peers whose clocks are known. */
  get size(): number {
    return this.#readings.size;
  }

  /**
   * Milliseconds to add to this machine's wall clock to get mesh time; 0 unless the clock is
   * off by more than a minute.
   */
  offsetMs(now: Now, uptimeMs: number): number {
    const clocks = [...this.#readings.values()].map(({ baseMs, bornAt }) => ({
      offsetMs: now.at + baseMs - now.wallMs,
      weight: weightOf(elapsedMs(bornAt, now.at)),
    }));
    clocks.push({ offsetMs: 0, weight: weightOf(uptimeMs) });
    const sorted = clocks.toSorted((a, b) => b.offsetMs - a.offsetMs);
    const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
    let sum = 0;
    for (const { offsetMs, weight } of sorted) {
      sum += weight;
      if (sum >= half) return Math.abs(offsetMs) > toleranceMs ? offsetMs : 0;
    }
    return 0;
  }
}

/** At least 1, so that machines of the same moment still have a median. */
function weightOf(uptimeMs: number): number {
  return Math.min(weightMsMax, Math.max(1, uptimeMs));
}

import { after, elapsedMs, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";

/** Points that are forgotten in half a minute for the most part: a bug must not cut a mesh. */
const halfLifeMs = 30_000;

/** With so many points a peer is cut off … */
const pointsMax = 100;

/** … for this long. Long enough to matter, short enough for a machine that was repaired. */
const exileMs = 30_000;

/** Peers that are remembered; the oldest are forgiven first. */
const peersMax = 1024;

interface Record {
  points: number;
  at: Instant;
  exiledUntil: Instant | undefined;
}

/** How each peer has behaved of late. */
export class Standing {
  readonly #records = new Map<PeerId, Record>();

  /** Counts against a peer. True if that was too much: it is to be cut off. */
  penalize(peer: PeerId, points: number, now: Instant): boolean {
    const record = this.#records.get(peer) ?? { points: 0, at: now, exiledUntil: undefined };
    record.points = faded(record, now) + points;
    record.at = now;
    this.#records.delete(peer);
    this.#records.set(peer, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > peersMax && oldest !== undefined) this.#records.delete(oldest);
    if (record.points < pointsMax) return false;
    record.exiledUntil = after(now, exileMs);
    return true;
  }

  /** 0 for a peer without fault, else negative. */
  scoreOf(peer: PeerId, now: Instant): number {
    const record = this.#records.get(peer);
    return record === undefined ? 0 : -faded(record, now);
  }

  isExiled(peer: PeerId, now: Instant): boolean {
    const until = this.#records.get(peer)?.exiledUntil;
    return until !== undefined && elapsedMs(now, until) > 0;
  }
}

function faded({ points, at }: Record, now: Instant): number {
  return points * 0.5 ** (elapsedMs(at, now) / halfLifeMs);
}

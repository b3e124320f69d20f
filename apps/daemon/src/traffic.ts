import { elapsedMs, type Instant } from "@beemesh/base";

/** Bytes over the mesh's connections since the start. */
export interface TrafficReading {
  readonly at: Instant;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Readings older than this are forgotten. */
const windowMs = 60_000;

/** How many bytes go over the mesh in a minute, by the readings of the last one. */
export class Traffic {
  #readings: TrafficReading[] = [];

  /** Takes a reading, now and then. */
  read(reading: TrafficReading): void {
    this.#readings.push(reading);
    // The first one stays that is at least a window old: rates are of a whole window.
    while (
      this.#readings[1] !== undefined &&
      elapsedMs(this.#readings[1].at, reading.at) >= windowMs
    ) {
      this.#readings.shift();
    }
  }

  /** Bytes in both directions a minute; 0 before there are two readings. */
  bytesPerMinute(): number {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (first === undefined || last === undefined) return 0;
    const ms = elapsedMs(first.at, last.at);
    const bytes = last.bytesIn + last.bytesOut - first.bytesIn - first.bytesOut;
    return ms <= 0 ? 0 : Math.round((bytes * 60_000) / ms);
  }
}

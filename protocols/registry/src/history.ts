import { elapsedMs, type Instant } from "@beemesh/base";
import type { Change } from "@beemesh/ports";

/** How long a watch may be away and still go on where it was. The Kubernetes API keeps 75 s. */
export const historyMsMin = 75_000;

/** Changes remembered at most, even if they are younger. */
export const historyMax = 32_768;

interface Line {
  readonly revision: bigint;
  readonly change: Change;
  readonly at: Instant;
}

/** The last changes in order: those of 75 seconds, unless there are too many. */
export class History {
  #lines: Line[] = [];
  /** Lines before this one are forgotten; they are cut off together, now and then. */
  #first = 0;
  /** The newest revision that is no longer followed by all later changes. */
  #floor = 0n;

  /** Begins anew: what changed up to this revision is not known. */
  reset(floor: bigint): void {
    this.#lines = [];
    this.#first = 0;
    this.#floor = floor;
  }

  add(revision: bigint, change: Change, at: Instant): void {
    this.#lines.push({ revision, change, at });
    this.#forgetOld(at);
  }

  /** The changes after a revision, oldest first; undefined if some of them are forgotten. */
  since(revision: bigint): Change[] | undefined {
    if (revision < this.#floor) return undefined;
    const changes: Change[] = [];
    for (let index = this.#after(revision); index < this.#lines.length; index += 1) {
      const line = this.#lines[index];
      if (line !== undefined) changes.push(line.change);
    }
    return changes;
  }

  /** The index of the first line after a revision. */
  #after(revision: bigint): number {
    let low = this.#first;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lines[middle]?.revision ?? 0n) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forgetOld(at: Instant): void {
    for (;;) {
      const line = this.#lines[this.#first];
      if (line === undefined) break;
      const isOld = elapsedMs(line.at, at) > historyMsMin;
      if (!isOld && this.#lines.length - this.#first <= historyMax) break;
      this.#floor = line.revision;
      this.#first += 1;
    }
    if (this.#first < 1024 || this.#first < this.#lines.length / 2) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }
}

import { statfsSync } from "node:fs";
import { elapsedMs, type Now } from "@beemesh/base";
import type { FoundPod } from "@beemesh/ports";
import { clockTrouble, diskTrouble } from "./health.ts";
import type { Host } from "./host.ts";
import type { Log } from "./log.ts";

/** What the rounds look at. */
export interface RoundsOptions {
  readonly host: Pick<Host, "health" | "report" | "dispatch">;
  readonly log: Log;
  readonly now: () => Now;
  /** The data directory. */
  readonly data: string;
  /** Why the disk refused the last write; empty if it did not. */
  readonly diskFailure: () => string;
  /** What must be added to this machine's wall clock to get the mesh's, in milliseconds. */
  readonly clockOffsetMs: () => number;
  readonly listPods: () => Promise<readonly FoundPod[]>;
  /** Moves the API's watches on. */
  readonly tickApi: () => void;
  /** Called every few seconds, to measure by. */
  readonly measure: () => void;
}

/** How often the runtime is asked what it holds, whatever it reported. */
const inventoryMs = 15_000;
/** How often watches are moved on, and disk and clock are looked at. */
const lookMs = 1000;
/** How often rates are measured. */
const measureMs = 5000;
/** A wall clock that moved by so much more than the monotonic one was set by somebody. */
const jumpMs = 60_000;

/** What the daemon looks at again and again, for nobody tells it. */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  #seen: Now;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#seen = options.now();
    this.#timers = [
      setInterval(() => this.#takeInventory(), inventoryMs),
      setInterval(() => this.#look(), lookMs),
      setInterval(() => options.measure(), measureMs),
    ];
  }

  /** Judges the disk again, after it refused or took what it had refused. */
  lookAtDisk(): void {
    const { host, data, diskFailure } = this.#options;
    const { freeBytes, totalBytes } = spaceOf(data);
    const reading = { path: data, failure: diskFailure(), freeBytes, totalBytes };
    host.report({ disk: diskTrouble(reading, host.health.disk !== "") });
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #look(): void {
    this.#options.tickApi();
    this.lookAtDisk();
    this.#noticeJump();
    this.#options.host.report({ clock: clockTrouble(this.#options.clockOffsetMs()) });
  }

  #noticeJump(): void {
    const { now, log } = this.#options;
    const [before, present] = [this.#seen, now()];
    this.#seen = present;
    const byMs = present.wallMs - before.wallMs - elapsedMs(before.at, present.at);
    if (Math.abs(byMs) > jumpMs) log.warn("Wall clock jumped", { byMs: Math.round(byMs) });
  }

  #takeInventory(): void {
    const { host, listPods } = this.#options;
    listPods().then(
      (pods) => host.dispatch({ kind: "found", pods }),
      () => undefined, // The driver reports its own health.
    );
  }
}

function spaceOf(path: string): { readonly freeBytes: number; readonly totalBytes: number } {
  try {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    // A directory that is gone is told by the writes that fail there.
    return { freeBytes: Number.MAX_SAFE_INTEGER, totalBytes: Number.MAX_SAFE_INTEGER };
  }
}

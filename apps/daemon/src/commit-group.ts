import type { Entry } from "@beemesh/wire";
import type { PatientDisk } from "./patient-disk.ts";

/** What waits at most for one write to the disk; more is written at once. */
const waitingMax = 4096;

export interface CommitGroupOptions<Effect> {
  readonly disk: Pick<PatientDisk, "collect" | "flush">;
  /** Performs what was to wait; may bring more. */
  readonly perform: (effect: Effect) => void;
  /** What `perform` threw: nothing is done any more. */
  readonly onCrash: (error: unknown) => void;
}

/**
 * What is to be written to the disk, and what may leave the machine only afterwards, in the order
 * in which it was decided. All that comes in one turn of the event loop shares one wait for the
 * disk: a thousand writes at once take little longer than one.
 */
export class CommitGroup<Effect> {
  readonly #options: CommitGroupOptions<Effect>;
  readonly #waiting: Effect[] = [];
  #hasUnwritten = false;
  #isLeaving = false;
  #immediate: NodeJS.Immediate | undefined;
  #flushed = Promise.withResolvers<void>();

  constructor(options: CommitGroupOptions<Effect>) {
    this.#options = options;
  }

  /** Writes entries with the group. */
  save(entries: readonly Entry[]): void {
    this.#collect(entries, []);
  }

  /** Removes entries with the group. */
  drop(keys: readonly string[]): void {
    this.#collect([], keys);
  }

  /** Performs an effect: at once if nothing that came before it waits for the disk. */
  leave(effect: Effect): void {
    if (!this.#hasUnwritten && !this.#isLeaving) {
      this.#options.perform(effect);
      return;
    }
    this.#waiting.push(effect);
    if (this.#waiting.length >= waitingMax) this.flush();
  }

  /** Resolves when the disk was offered all that came until now. */
  committed(): Promise<void> {
    return this.#hasUnwritten ? this.#flushed.promise : Promise.resolve();
  }

  /** Offers the disk everything, and performs what waited for that. */
  flush(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    // Who performs goes on with what has come meanwhile.
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    try {
      this.#write();
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#options.perform(next);
        this.#write();
      }
    } catch (error) {
      this.abandon();
      this.#options.onCrash(error);
    }
    this.#isLeaving = false;
  }

  /** Forgets what waited: whoever decided it has a bug. */
  abandon(): void {
    clearImmediate(this.#immediate);
    this.#waiting.length = 0;
  }

  #collect(entries: readonly Entry[], keys: readonly string[]): void {
    this.#options.disk.collect(entries, keys);
    this.#hasUnwritten = true;
    this.#immediate ??= setImmediate(() => this.flush());
  }

  #write(): void {
    if (!this.#hasUnwritten) return;
    this.#hasUnwritten = false;
    this.#options.disk.flush();
    const { resolve } = this.#flushed;
    this.#flushed = Promise.withResolvers<void>();
    resolve();
  }
}

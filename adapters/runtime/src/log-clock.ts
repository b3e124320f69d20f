import {
  appendFileSync,
  existsSync,
  type FSWatcher,
  readFileSync,
  statSync,
  truncateSync,
  watch,
  writeFileSync,
} from "node:fs";
import type { LogLine } from "./log.ts";

/** Between two marks; lines that come closer together share one time. */
const markMsMin = 25;

/**
 * Remembers when a log had grown to which size, in a file beside it: a process that writes its
 * log by itself writes no times.
 */
export class LogClock {
  readonly #path: string;
  readonly #bytesMax: number;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #marked = -1;

  /** A log that grows beyond `bytesMax` is emptied. */
  constructor(path: string, bytesMax: number) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.mark();
    try {
      this.#watcher = watch(path, { persistent: false }, () => this.#changed());
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // Without a watch all lines have the time at which the log was closed: still in order.
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.mark();
  }

  /** Gives what stands in the log without a time that of now: who reads a line has seen it. */
  mark(): void {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? this.#marked;
    if (size === this.#marked) return;
    try {
      this.#write(size);
    } catch {
      // A full disk costs times, not the daemon: the next mark that succeeds covers these lines.
    }
  }

  #changed(): void {
    if (this.#timer !== undefined) return;
    this.mark();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.mark();
    }, markMsMin);
    this.#timer.unref();
  }

  #write(size: number): void {
    if (size <= this.#bytesMax) {
      appendFileSync(marksPath(this.#path), `${Date.now()} ${size}\n`);
      this.#marked = size;
    } else {
      truncateSync(this.#path);
      writeFileSync(marksPath(this.#path), "");
      this.#marked = 0;
    }
  }
}

/**
 * Makes lines of a log that has marks beside it. A clock that still goes marks what is read before
 * it was seen, so that a line keeps the time it was once given.
 */
export function clockedDecoder(
  path: string,
  clock?: LogClock,
): (bytes: Buffer, endOffset: number) => LogLine {
  let marks = readMarks(path);
  return (bytes, endOffset) => {
    if ((marks.at(-1)?.size ?? 0) < endOffset) {
      clock?.mark();
      marks = readMarks(path);
    }
    const atMs = marks.find(({ size }) => size >= endOffset)?.atMs ?? Date.now();
    return { atMs, at: new Date(atMs).toISOString(), text: Buffer.from(bytes), whole: true };
  };
}

function marksPath(path: string): string {
  return `${path}.marks`;
}

function readMarks(path: string): { readonly atMs: number; readonly size: number }[] {
  if (!existsSync(marksPath(path))) return [];
  return readFileSync(marksPath(path), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [atMs, size] = line.split(" ").map(Number);
      return { atMs: atMs ?? 0, size: size ?? 0 };
    });
}

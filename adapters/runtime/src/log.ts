import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import type { LogOptions } from "@beemesh/ports";

/** One line, or a piece of a line that was too long for its writer. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The same in RFC 3339, as exactly as it is known. */
  readonly at: string;
  readonly text: Buffer;
  /** Whether this piece ends the line. */
  readonly whole: boolean;
}

export interface LogFile {
  readonly path: string;
  /** Makes a line out of what stands between two line feeds; undefined for what is no line. */
  readonly decode: (bytes: Buffer, endOffset: number) => LogLine | undefined;
  /** Whether more may come. Asked only if the log is followed. */
  readonly isOpen: () => boolean;
  /** Whether what stands behind the last line feed is a line too. */
  readonly mayLackLastFeed: boolean;
  /** Where to begin; at the first byte if it is not given. */
  readonly startOffset?: number;
}

/** A follower looks again after this time at the latest, should the system not tell it. */
const lookMs = 250;

/** Read at once: a few hundred lines. */
const readBytes = 64 * 1024;

/** What passes for a line of its own if no line feed comes: more is not kept in memory. */
const lineBytesMax = 1024 * 1024;

/** Opens a log as the options say. A log that is not there yet is an empty one. */
export function openLog(file: LogFile, options: Omit<LogOptions, "previous">): Readable {
  return Readable.from(output(file, options), { objectMode: false });
}

async function* output(
  file: LogFile,
  options: Omit<LogOptions, "previous">,
): AsyncGenerator<Buffer> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let fresh = true;
  for await (const line of chosenLines(file, options)) {
    const stamp = options.timestamps && fresh ? [Buffer.from(`${line.at} `)] : [];
    const piece = Buffer.concat([...stamp, line.text, ...(line.whole ? [lineFeed] : [])]);
    fresh = line.whole;
    yield piece.length > left ? piece.subarray(0, left) : piece;
    left -= piece.length;
    if (left <= 0) return;
  }
}

const lineFeed = Buffer.from("\n");

// Lines since the time asked for; of those that are there already, the last so many.
async function* chosenLines(
  file: LogFile,
  { follow, sinceMs = 0, tailLines }: Omit<LogOptions, "previous">,
): AsyncGenerator<LogLine> {
  const reader = new LineReader(file);
  try {
    yield* tailLines === undefined
      ? recent(reader.available(), sinceMs)
      : await lastLines(recent(reader.available(), sinceMs), tailLines);
    for (let isOpen = follow; isOpen; ) {
      // What is written between this look and the end of the writer is read after its end.
      isOpen = file.isOpen();
      yield* recent(reader.available(), sinceMs);
      if (isOpen) await reader.change();
    }
    yield* recent(reader.remainder(), sinceMs);
  } finally {
    await reader.close();
  }
}

async function* recent(
  lines: AsyncIterable<LogLine> | Iterable<LogLine>,
  sinceMs: number,
): AsyncGenerator<LogLine> {
  for await (const line of lines) {
    if (line.atMs >= sinceMs) yield line;
  }
}

/** The pieces of the last `count` lines. Never keeps many more than those. */
async function lastLines(lines: AsyncIterable<LogLine>, count: number): Promise<LogLine[]> {
  let kept: LogLine[] = [];
  for await (const line of lines) {
    kept.push(line);
    if (kept.length > 2 * count + 256) kept = cutFront(kept, count);
  }
  return cutFront(kept, count);
}

function cutFront(pieces: LogLine[], count: number): LogLine[] {
  let lines = 0;
  for (let index = pieces.length - 1; index >= 0; index -= 1) {
    const endsLine = pieces[index]?.whole === true || index === pieces.length - 1;
    if (endsLine) lines += 1;
    if (lines > count) return pieces.slice(index + 1);
  }
  return pieces;
}

/** Reads a file that grows, line by line, and begins again when it is replaced or cut short. */
class LineReader {
  readonly #file: LogFile;
  #handle: FileHandle | undefined;
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => {};
  #offset = 0;
  #inode = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: LogFile) {
    this.#file = file;
  }

  // The lines that are there now and were not given before.
  async *available(): AsyncGenerator<LogLine> {
    if (!(await this.#open())) return;
    const buffer = Buffer.alloc(readBytes);
    for (;;) {
      const { bytesRead } = (await this.#handle?.read(buffer, 0, readBytes, this.#offset)) ?? {
        bytesRead: 0,
      };
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      yield* this.#lines(Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]));
    }
  }

  // The end of the file, if nobody is going to end that line.
  *remainder(): Generator<LogLine> {
    if (!this.#file.mayLackLastFeed || this.#rest.length === 0) return;
    const line = this.#file.decode(this.#rest, this.#offset);
    if (line !== undefined) yield line;
  }

  /** Waits until the file may have changed. */
  change(): Promise<void> {
    this.#watch();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, lookMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async close(): Promise<void> {
    this.#watcher?.close();
    await this.#handle?.close();
  }

  *#lines(bytes: Buffer): Generator<LogLine> {
    let start = 0;
    for (;;) {
      const feed = bytes.indexOf(10, start);
      const end = feed < 0 && bytes.length - start > lineBytesMax ? bytes.length : feed;
      if (end < 0) break;
      const endOffset = this.#offset - (bytes.length - end);
      const line = this.#file.decode(bytes.subarray(start, end), endOffset);
      if (line !== undefined) yield line;
      start = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(start));
  }

  async #open(): Promise<boolean> {
    const handle = await open(this.#file.path, "r").catch(() => undefined);
    if (handle === undefined) return false;
    const { ino, size } = await handle.stat();
    const same = this.#handle !== undefined && ino === this.#inode && size >= this.#offset;
    if (same) await handle.close();
    else await this.#begin(handle, ino);
    return true;
  }

  async #begin(handle: FileHandle, inode: number): Promise<void> {
    await this.#handle?.close();
    this.#handle = handle;
    // A file that took the place of another one is read from its first byte.
    this.#offset = this.#inode === 0 ? (this.#file.startOffset ?? 0) : 0;
    this.#inode = inode;
    this.#rest = Buffer.alloc(0);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): void {
    if (this.#watcher !== undefined || this.#handle === undefined) return;
    try {
      this.#watcher = watch(this.#file.path, () => this.#wake());
      this.#watcher.on("error", () => {});
    } catch {
      // The system has no more watches to give: looking now and then is enough.
    }
  }
}

import type { Duplex } from "node:stream";

/** How fast lines are taken. */
export interface LineRate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface LineReaderOptions {
  readonly lineBytesMax: number;
  readonly rate: LineRate;
  readonly onLine: (line: string) => void;
  /** The other side broke the form or left; called once. */
  readonly onEnd: (fault: string) => void;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
}

/**
 * Takes lines from a stream, each of a bounded length, at a bounded rate: whoever writes faster
 * has to wait, as with any slow reader.
 */
export class LineReader {
  readonly #stream: Duplex;
  readonly #options: LineReaderOptions;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #allowance: number;
  #countedAtMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isDone = false;

  constructor(stream: Duplex, options: LineReaderOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#allowance = options.rate.burst;
    this.#countedAtMs = options.nowMs();
    stream.on("readable", () => this.#look());
    stream.on("error", () => this.#end("broken"));
    stream.on("end", () => this.#end("ended"));
    stream.on("close", () => this.#end("ended"));
    // What was read before this reader came is told by no event.
    queueMicrotask(() => this.#look());
  }

  close(): void {
    this.#isDone = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    if (this.#timer !== undefined) return;
    while (!this.#isDone) {
      if (this.#allowance < 1) this.#refill();
      if (this.#allowance < 1) return this.#rest();
      const line = this.#nextLine();
      if (line === undefined) return;
      this.#allowance -= 1;
      this.#options.onLine(line);
    }
  }

  /** The next whole line that is here. */
  #nextLine(): string | undefined {
    for (let chunk = this.#take(); chunk !== undefined; chunk = this.#take()) {
      const end = chunk.indexOf(10);
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      this.#held.push(part);
      this.#heldBytes += part.length;
      if (this.#heldBytes > this.#options.lineBytesMax) {
        this.#end("line too long");
        return undefined;
      }
      if (end < 0) continue;
      const line = Buffer.concat(this.#held).toString("utf8");
      this.#held = [];
      this.#heldBytes = 0;
      if (end + 1 < chunk.length) this.#stream.unshift(chunk.subarray(end + 1));
      return line;
    }
    return undefined;
  }

  #take(): Buffer | undefined {
    const chunk: unknown = this.#stream.read();
    return Buffer.isBuffer(chunk) ? chunk : undefined;
  }

  #refill(): void {
    const { perSecond, burst } = this.#options.rate;
    const nowMs = this.#options.nowMs();
    const gained = ((nowMs - this.#countedAtMs) / 1000) * perSecond;
    this.#allowance = Math.min(burst, this.#allowance + gained);
    this.#countedAtMs = nowMs;
  }

  /** Waits until a line may be taken again. */
  #rest(): void {
    const waitMs = Math.ceil(1000 / this.#options.rate.perSecond);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, waitMs);
  }

  #end(fault: string): void {
    if (this.#isDone) return;
    this.close();
    this.#options.onEnd(fault);
  }
}

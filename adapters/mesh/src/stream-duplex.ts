import { Duplex } from "node:stream";
import type { Stream } from "@libp2p/interface";

/**
 * A stream between machines as a Node stream: a slow reader slows the writer down, and each side
 * can end its own direction alone.
 */
export function toDuplex(stream: Stream): Duplex {
  return new StreamDuplex(stream);
}

type Done = (error?: Error | null) => void;

class StreamDuplex extends Duplex {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#stream = stream;
    stream.addEventListener("message", ({ data }) => {
      if (!this.push(data.subarray())) this.#pause();
    });
    stream.addEventListener("end", () => this.push(null), { once: true });
    stream.addEventListener("close", ({ error }) => this.#onClose(error), { once: true });
    if (stream.status !== "open") queueMicrotask(() => this.#onClose());
  }

  override _read(): void {
    try {
      this.#stream.resume();
    } catch {
      // It has closed, and its 'close' says so.
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    void report(this.#send(chunk), done);
  }

  override _final(done: Done): void {
    void report(this.#stream.close(), done);
  }

  override _destroy(error: Error | null, done: Done): void {
    const isDone = this.readableEnded && this.writableFinished;
    if (!isDone) this.#stream.abort(error ?? new Error("Stream destroyed"));
    done(error);
  }

  async #send(chunk: Uint8Array): Promise<void> {
    if (!this.#stream.send(chunk)) await this.#stream.onDrain();
  }

  #pause(): void {
    try {
      this.#stream.pause();
    } catch {
      // It has closed meanwhile; nothing more comes.
    }
  }

  /** Bytes that wait for a slow reader are still read; their end follows them. */
  #onClose(error?: Error): void {
    if (error !== undefined) this.destroy(error);
    else if (this.#stream.readBufferLength === 0 && !this.readableEnded) this.push(null);
  }
}

/** Tells Node's stream, in its way, how it went. */
async function report(work: Promise<void>, done: Done): Promise<void> {
  try {
    await work;
    done();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}

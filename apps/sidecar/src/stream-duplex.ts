import { Duplex } from "node:stream";
import type { PlainStream } from "@beemesh/kernel";

const partBytes = 64 * 1024;

type Done = (error?: Error | null) => void;

/**
 * A stream on a descriptor as a stream of Node, for what can read nothing else. What comes is told
 * in a callback of Node's own, each by itself: else Node's HTTP/2 mixes up the order of events.
 */
export class StreamDuplex extends Duplex {
  readonly #stream: PlainStream;
  #waiting: Done | undefined;

  /**
   * @param stream - Nobody else reads it from now on.
   * @param first - What was read of it already.
   */
  constructor(stream: PlainStream, first: Uint8Array) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    if (first.length > 0) this.push(Buffer.from(first));
    if (stream.hasEnded) this.push(null);
    stream.read({
      onData: (bytes) => {
        const copy = Buffer.from(bytes);
        setImmediate(() => {
          if (!this.destroyed && !this.push(copy)) stream.pause();
        });
      },
      onEnd: () => setImmediate(() => this.push(null)),
      onDrain: () => setImmediate(() => this.#goOn()),
      onClose: () => setImmediate(() => this.destroy()),
    });
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#writeFrom(bytes, 0, done);
  }

  /** A part at a time, for a stream keeps no more than some of what the kernel does not take. */
  #writeFrom(bytes: Buffer, start: number, done: Done): void {
    let at = start;
    let isReady = true;
    while (isReady && at < bytes.length) {
      isReady = this.#stream.write(bytes.subarray(at, at + partBytes));
      at += partBytes;
    }
    if (isReady || !this.#stream.isOpen) done();
    else this.#waiting = () => this.#writeFrom(bytes, at, done);
  }

  override _final(done: Done): void {
    this.#stream.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#stream.destroy();
    // Whoever waits for a write would wait for ever.
    this.#goOn();
    done(error);
  }

  #goOn(): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }
}

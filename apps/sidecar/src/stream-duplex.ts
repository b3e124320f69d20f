import { Duplex } from "node:stream";
import { later, type PlainStream } from "@beemesh/kernel";

type Done = (error?: Error | null) => void;

/**
 * A stream on a descriptor as a stream of Node, for what can read nothing else. What comes is told
 * in a callback of Node's own: within another one, Node's HTTP/2 would mix up the order of events.
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
        later(() => {
          if (!this.destroyed && !this.push(copy)) stream.pause();
        });
      },
      onEnd: () => later(() => this.push(null)),
      onDrain: () => later(() => this.#goOn()),
      onClose: () => this.destroy(),
    });
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#stream.write(bytes) || !this.#stream.isOpen) done();
    else this.#waiting = done;
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

import { PlainStream } from "./byte-stream.ts";
import { errnos } from "./errno.ts";
import { libc } from "./libc.ts";
import { later, Readiness, type Watcher, writable } from "./readiness.ts";
import { socketAddress } from "./socket-address.ts";
import { socketCalls } from "./socket-calls.ts";
import { streamType } from "./stream-listener.ts";

/** A connection, or the number of the error (asm-generic/errno.h) for which there is none. */
export type Connected = PlainStream | number;

/** A connection that is being made. */
export class StreamConnector implements Watcher {
  readonly #fd: number;
  readonly #onDone: (connected: Connected) => void;
  #readiness: Readiness | undefined;
  #isDone = false;

  /**
   * @param onDone - Told once, and not before this returns; never after {@link close}.
   * @throws {BeeError} `kernel-refused` if `ip` is no address; `kernel-unsupported`
   */
  constructor(ip: string, port: number, onDone: (connected: Connected) => void) {
    const address = socketAddress(ip, port);
    this.#onDone = onDone;
    this.#fd = libc().socket(address[0] ?? 0, streamType, 0);
    const result = this.#fd < 0 ? -1 : socketCalls().connect(this.#fd, address, address.length);
    const errno = result < 0 ? libc().errnoOfLast() : 0;
    if (errno !== 0 && errno !== errnos.inProgress) later(() => this.#finish(errno));
    else {
      this.#readiness = new Readiness(this.#fd, this);
      this.#readiness.watch(writable);
    }
  }

  onReady(): void {
    this.#finish(socketCalls().errorOf(this.#fd));
  }

  /** Gives it up; nothing is told. */
  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#readiness?.close();
    if (this.#fd >= 0) socketCalls().close(this.#fd);
  }

  #finish(errno: number): void {
    if (this.#isDone) return;
    if (errno !== 0) {
      this.close();
      this.#onDone(errno);
      return;
    }
    this.#isDone = true;
    this.#readiness?.close();
    this.#onDone(new PlainStream(this.#fd));
  }
}

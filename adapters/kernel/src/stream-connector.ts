import { PlainStream } from "./byte-stream.ts";
import { errnos } from "./errno.ts";
import { libc } from "./libc.ts";
import { later, Readiness, type Watcher, writable } from "./readiness.ts";
import { socketAddress } from "./socket-address.ts";
import { socketCalls } from "./socket-calls.ts";
import { streamType } from "./stream-listener.ts";

/** A connection, or the number of the error (asm-generic/errno.h) for which there is none. */
export type Connected = PlainStream | number;

/**
 * Connects to a port of an address.
 *
 * @param onDone - Told once, and not before this returns; never after it was given up.
 * @returns A function that gives it up; nothing is told then.
 * @throws {BeeError} `kernel-refused` if `ip` is no address; `kernel-unsupported`
 */
export function connectStream(
  ip: string,
  port: number,
  onDone: (connected: Connected) => void,
): () => void {
  const connector = new StreamConnector(ip, port, onDone);
  return () => connector.close();
}

/** A connection that is being made. */
class StreamConnector implements Watcher {
  readonly #fd: number;
  readonly #onDone: (connected: Connected) => void;
  #readiness: Readiness | undefined;
  #isDone = false;

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

import { PlainStream } from "./byte-stream.ts";
import { errnos, must } from "./errno.ts";
import { libc } from "./libc.ts";
import { Readiness, readable, type Watcher } from "./readiness.ts";
import { addressBytesMax, family6, readSocketAddress } from "./socket-address.ts";
import { socketCalls } from "./socket-calls.ts";

/** `SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC`. */
export const streamType: number = 1 | 0o4000 | 0o2_000_000;
/** `SOCK_NONBLOCK | SOCK_CLOEXEC` of accept4(2). */
const acceptFlags = 0o4000 | 0o2_000_000;
/** `SO_REUSEADDR` of `SOL_SOCKET`; `IPV6_V6ONLY` of `IPPROTO_IPV6`. */
const reuse = { level: 1, name: 2 } as const;
const only6 = { level: 41, name: 26 } as const;
/** Connections that the kernel keeps until they are taken. */
const backlog = 4096;
/** Connections that are taken in one turn: others have their turn too. */
const acceptsMax = 64;

export interface ListenerOptions {
  /** As `socketAddress` or `unixAddress` give it. */
  readonly address: Uint8Array;
  /** Connections at once; one more is broken off. */
  readonly connectionsMax: number;
  /** Connections that are counted together with those of other listeners that are given this. */
  readonly tally?: { connections: number };
  /** Told of each connection; nothing of it has been read. */
  readonly onStream: (stream: PlainStream) => void;
  /** There were too many connections. */
  readonly onDropped?: () => void;
}

/** Takes the connections to one address. */
export class StreamListener implements Watcher {
  readonly fd: number;
  readonly #options: ListenerOptions;
  readonly #readiness: Readiness;
  readonly #tally: { connections: number };
  #isClosed = false;

  /**
   * Listens at once.
   * @throws {BeeError} `kernel-refused` with the `errno`, `kernel-unsupported`
   */
  constructor(options: ListenerOptions) {
    const { address } = options;
    const { bind, socket } = libc();
    const family = address[0] ?? 0;
    const fd = must("listen", socket(family, streamType, 0));
    this.fd = fd;
    this.#options = options;
    this.#tally = options.tally ?? { connections: 0 };
    try {
      set(fd, reuse);
      if (family === family6) set(fd, only6);
      must("listen", bind(fd, address, address.length));
      must("listen", socketCalls().listen(fd, backlog));
      this.#readiness = new Readiness(fd, this);
    } catch (error) {
      socketCalls().close(fd);
      throw error;
    }
    this.#readiness.watch(readable);
  }

  /** The port that it listens on; 0 of a Unix socket. */
  get port(): number {
    const address = Buffer.alloc(addressBytesMax);
    const length = Buffer.alloc(4);
    length.writeInt32LE(addressBytesMax);
    must("listen", socketCalls().getsockname(this.fd, address, length));
    return readSocketAddress(address).port;
  }

  onReady(): void {
    for (let count = 0; count < acceptsMax && !this.#isClosed; count += 1) {
      const fd = socketCalls().accept4(this.fd, null, null, acceptFlags);
      if (fd >= 0) this.#take(fd);
      // Of no descriptors left as of one that has gone already: the kernel tells again.
      else if (libc().errnoOfLast() !== errnos.interrupted) return;
    }
  }

  #take(fd: number): void {
    const { connectionsMax, onDropped, onStream } = this.#options;
    if (this.#tally.connections >= connectionsMax) {
      new PlainStream(fd).reset();
      onDropped?.();
      return;
    }
    this.#tally.connections += 1;
    onStream(
      new PlainStream(fd, () => {
        this.#tally.connections -= 1;
      }),
    );
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#readiness.close();
    socketCalls().close(this.fd);
  }
}

function set(fd: number, { level, name }: { readonly level: number; readonly name: number }): void {
  const on = Buffer.alloc(4);
  on.writeInt32LE(1);
  must("listen", libc().setsockopt(fd, level, name, on));
}

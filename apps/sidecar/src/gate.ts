import { rmSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface GateOptions {
  /** Where the gate listens, outside the pod. Whoever may open this file may enter the pod. */
  readonly socketPath: string;
  /** Tried in this order, inside the pod, when somebody asks for a port. */
  readonly addresses: readonly string[];
}

/** What one gate accepts. */
export const gateLimits = {
  /** Bytes of the header line; the longest real one is `connect 65535`. */
  headerBytesMax: 64,
  /** Milliseconds from a connection to its whole header; the other end is on this machine. */
  headerMsMax: 5000,
  /** Connections at once: under the usual limit of 1024 open files, two files for each. */
  connectionsMax: 480,
};

/**
 * The gate of a pod. Each connection starts with one line that says what it wants:
 *
 *     connect 8080   →   ok             and from then on the bytes of that port, both ways
 *                    →   error CODE     such as ECONNREFUSED, and the end
 *     hold           →   ok             and silence, for as long as the gate lives
 *
 * `hold` is how the machine notices that a gate died.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #server: Server;
  #inode = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket));
    this.#server.maxConnections = gateLimits.connectionsMax;
  }

  /** Takes the place of whatever stood at the path before. */
  open(onOpen: () => void): void {
    const { socketPath } = this.#options;
    rmSync(socketPath, { force: true });
    this.#server.listen(socketPath, () => {
      this.#inode = inodeOf(socketPath);
      onOpen();
    });
  }

  /** Whether the way to this gate is still there: it goes with the pod, or to a successor. */
  isReachable(): boolean {
    return this.#inode !== 0 && inodeOf(this.#options.socketPath) === this.#inode;
  }

  close(): void {
    this.#server.close();
  }

  #welcome(socket: Socket): void {
    let header = "";
    const timer = setTimeout(() => socket.destroy(), gateLimits.headerMsMax);
    const onData = (chunk: Buffer): void => {
      const end = chunk.indexOf(10);
      header += chunk.toString("latin1", 0, end < 0 ? chunk.length : end);
      if (header.length > gateLimits.headerBytesMax) socket.destroy();
      if (end < 0) return;
      clearTimeout(timer);
      socket.off("data", onData);
      socket.pause();
      if (end + 1 < chunk.length) socket.unshift(chunk.subarray(end + 1));
      this.#serve(header, socket);
    };
    socket.on("data", onData);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => clearTimeout(timer));
  }

  #serve(header: string, socket: Socket): void {
    const port = Number(/^connect (\d{1,5})$/u.exec(header)?.[1] ?? 0);
    if (port > 0 && port < 65_536) {
      this.#enter(socket, port, this.#options.addresses);
    } else if (header === "hold") {
      socket.on("end", () => socket.end());
      socket.resume();
      socket.write("ok\n");
    } else {
      socket.end("error EINVAL\n");
    }
  }

  #enter(outside: Socket, port: number, addresses: readonly string[]): void {
    const [host = "127.0.0.1", ...others] = addresses;
    const inside = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const onRefused = (error: Error & { code?: string }): void => {
      if (others.length > 0 && !outside.destroyed) this.#enter(outside, port, others);
      else outside.end(`error ${error.code ?? "EIO"}\n`);
    };
    inside.once("error", onRefused);
    inside.once("connect", () => {
      inside.off("error", onRefused);
      outside.write("ok\n");
      splice(outside, inside);
    });
  }
}

/** Joins two sockets: an end is passed on as an end, a failure closes both. */
function splice(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      if (!from.readableEnded) to.destroy();
    });
  }
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
}

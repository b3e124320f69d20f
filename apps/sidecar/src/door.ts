import { closeSync, fstatSync, openSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "./join.ts";

export interface DoorOptions {
  /** Where the door is, outside the pod. Whoever may open this file may enter the pod. */
  readonly socketPath: string;
  /** Tried in this order, inside the pod, when somebody asks for a port. */
  readonly addresses: readonly string[];
  /** A machine opens the channel. */
  readonly onControl: (socket: Socket) => void;
  /** Another sidecar comes: TLS follows. */
  readonly onCarry: (socket: Socket) => void;
}

/** What one door accepts. */
const doorLimits = {
  /** Bytes of the header line; the longest real one is `connect 65535`. */
  headerBytesMax: 64,
  /** Milliseconds from a connection to its whole header; the other end is on this machine. */
  headerMsMax: 5000,
};

/** `O_PATH` of open(2): a descriptor that names a file and opens nothing. */
const openPath = 0o10000000;

/**
 * The machine's door to the sidecar. Each connection starts with one line that says what it wants:
 *
 *     connect 8080   →   ok             and from then on the bytes of that port, both ways
 *                    →   error CODE     such as ECONNREFUSED, and the end
 *     control        →   ok             and then the channel, which lives as long as both ends
 *     carry          →                  another sidecar's TLS, which answers for itself
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #server: Server;
  readonly #connectionsMax: number;
  /** All but the machine's channel and other sidecars' streams, which have a limit elsewhere. */
  readonly #held = new Set<Socket>();
  #path = -1;

  constructor(options: DoorOptions, connectionsMax: number) {
    this.#options = options;
    this.#connectionsMax = connectionsMax;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#welcome(socket),
    );
  }

  /** Takes the place of whatever stood at the path before. */
  open(onOpen: () => void): void {
    const { socketPath } = this.#options;
    rmSync(socketPath, { force: true });
    this.#server.listen(socketPath, () => {
      this.#path = openSync(socketPath, openPath);
      onOpen();
    });
  }

  /**
   * Whether the way to this door is still there: it goes with the pod, or to a successor. Needs no
   * right to look into the folder, for the descriptor tells how many names its file has left.
   */
  get isReachable(): boolean {
    return this.#path >= 0 && fstatSync(this.#path).nlink > 0;
  }

  close(): void {
    this.#server.close();
    if (this.#path >= 0) closeSync(this.#path);
    this.#path = -1;
  }

  #welcome(socket: Socket): void {
    if (this.#held.size >= this.#connectionsMax) {
      socket.destroy();
      return;
    }
    this.#held.add(socket);
    let header = "";
    const timer = setTimeout(() => socket.destroy(), doorLimits.headerMsMax);
    const onData = (chunk: Buffer): void => {
      const end = chunk.indexOf(10);
      header += chunk.toString("latin1", 0, end < 0 ? chunk.length : end);
      if (header.length > doorLimits.headerBytesMax) socket.destroy();
      if (end < 0) return;
      clearTimeout(timer);
      socket.off("data", onData);
      socket.pause();
      if (end + 1 < chunk.length) socket.unshift(chunk.subarray(end + 1));
      this.#serve(header, socket);
    };
    socket.on("data", onData);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      this.#held.delete(socket);
    });
    socket.resume();
  }

  #serve(header: string, socket: Socket): void {
    const port = Number(/^connect (\d{1,5})$/u.exec(header)?.[1] ?? 0);
    if (port > 0 && port < 65_536) {
      this.#enter(socket, port, this.#options.addresses);
    } else if (header === "control") {
      this.#held.delete(socket);
      socket.write("ok\n");
      this.#options.onControl(socket);
    } else if (header === "carry") {
      this.#held.delete(socket);
      this.#options.onCarry(socket);
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
      join(outside, inside);
    });
  }
}

import { closeSync, fstatSync, openSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import {
  adoptSocket,
  type Connected,
  connectStream,
  type PlainStream,
  StreamListener,
  unixAddress,
} from "@beemesh/kernel";
import { join } from "./join.ts";

export interface DoorOptions {
  /** Where the door is, outside the pod. Whoever may open this file may enter the pod. */
  readonly socketPath: string;
  /** Tried in this order, inside the pod, when somebody asks for a port. */
  readonly addresses: readonly string[];
  /** A machine opens the channel. */
  readonly onControl: (socket: Socket) => void;
  /** Another sidecar comes: TLS follows, and `early` is what was read of it. */
  readonly onCarry: (fd: number, early: Uint8Array) => void;
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
  readonly #connectionsMax: number;
  /** Its count is of all but the machine's channel and other sidecars' streams, given away. */
  #listener: StreamListener | undefined;
  #path = -1;

  constructor(options: DoorOptions, connectionsMax: number) {
    this.#options = options;
    this.#connectionsMax = connectionsMax;
  }

  /**
   * Takes the place of whatever stood at the path before.
   *
   * @throws {BeeError} `kernel-refused` if it cannot.
   */
  open(): void {
    const { socketPath } = this.#options;
    rmSync(socketPath, { force: true });
    this.#listener = new StreamListener({
      address: unixAddress(socketPath),
      connectionsMax: this.#connectionsMax,
      onStream: (stream) => this.#welcome(stream),
    });
    this.#path = openSync(socketPath, openPath);
  }

  /**
   * Whether the way to this door is still there: it goes with the pod, or to a successor. Needs no
   * right to look into the folder, for the descriptor tells how many names its file has left.
   */
  get isReachable(): boolean {
    return this.#path >= 0 && fstatSync(this.#path).nlink > 0;
  }

  close(): void {
    this.#listener?.close();
    if (this.#path >= 0) closeSync(this.#path);
    this.#path = -1;
  }

  #welcome(stream: PlainStream): void {
    let header = "";
    const timer = setTimeout(() => stream.destroy(), doorLimits.headerMsMax);
    stream.read({
      onData: (chunk) => {
        const end = chunk.indexOf(10);
        header += Buffer.from(chunk.subarray(0, end < 0 ? chunk.length : end)).toString("latin1");
        if (header.length > doorLimits.headerBytesMax) stream.destroy();
        if (end < 0 || !stream.isOpen) return;
        clearTimeout(timer);
        stream.pause();
        this.#serve(header, stream, Buffer.from(chunk.subarray(end + 1)));
      },
      onEnd: () => stream.end(),
      onDrain: () => {},
      onClose: () => clearTimeout(timer),
    });
  }

  #serve(header: string, stream: PlainStream, rest: Buffer): void {
    const port = Number(/^connect (\d{1,5})$/u.exec(header)?.[1] ?? 0);
    if (port > 0 && port < 65_536) {
      this.#enter(stream, { port, rest }, this.#options.addresses);
    } else if (header === "control") {
      stream.write(okLine);
      const socket = adoptSocket(stream.detach());
      if (rest.length > 0) socket.unshift(rest);
      this.#options.onControl(socket);
    } else if (header === "carry") {
      this.#options.onCarry(stream.detach(), rest);
    } else {
      stream.write(Buffer.from("error EINVAL\n"));
      stream.end();
    }
  }

  #enter(outside: PlainStream, wish: Wish, addresses: readonly string[]): void {
    const [host = "127.0.0.1", ...others] = addresses;
    const onDone = (inside: Connected): void => {
      if (typeof inside !== "number") enter(outside, inside, wish.rest);
      else if (others.length > 0 && outside.isOpen) this.#enter(outside, wish, others);
      else {
        outside.write(Buffer.from(`error ${getSystemErrorName(-inside)}\n`));
        outside.end();
        outside.resume();
      }
    };
    connectStream(host, wish.port, onDone);
  }
}

interface Wish {
  readonly port: number;
  /** What follows the header already. */
  readonly rest: Uint8Array;
}

const okLine = Buffer.from("ok\n");

function enter(outside: PlainStream, inside: PlainStream, rest: Uint8Array): void {
  inside.tune(0);
  outside.write(okLine);
  join(outside, inside);
  inside.write(rest);
  if (outside.hasEnded) inside.end();
}

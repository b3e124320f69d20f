import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { BeeError } from "@beemesh/base";
import { writeAll } from "./connecting.ts";

/** How long the two ends may take to find each other; both are in this process. */
const meetingMsMax = 5000;

/** A pair names itself by so many characters of hexadecimal. */
const nameLength = 32;

/** Only this process's user may connect. */
const ownerOnly = 0o177;

/**
 * Pairs of connected Unix sockets: one end stays here, the other is handed over. Node has no
 * `socketpair`, so a server of this process's own makes them, and a name says who belongs to whom.
 */
export class SocketPairs {
  readonly #path: string;
  readonly #server: Server;
  readonly #awaited = new Map<string, (socket: Socket) => void>();

  constructor(path: string) {
    this.#path = path;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#meet(socket));
  }

  async open(): Promise<void> {
    rmSync(this.#path, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    const mask = process.umask(ownerOnly);
    try {
      this.#server.listen(this.#path, resolve);
    } finally {
      process.umask(mask);
    }
    await promise;
    this.#server.on("error", () => undefined);
  }

  /**
   * Makes a pair. Neither end reads yet.
   *
   * @throws {BeeError} `pair-failed` if the ends did not meet.
   */
  async make(): Promise<{ readonly near: Socket; readonly far: Socket }> {
    const name = randomBytes(nameLength / 2).toString("hex");
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const far = connect({ path: this.#path, allowHalfOpen: true });
    far.pause();
    far.on("error", reject);
    const timer = setTimeout(() => reject(new Error("the ends did not meet")), meetingMsMax);
    this.#awaited.set(name, resolve);
    try {
      await writeAll(far, name);
      return { near: await promise, far };
    } catch (cause) {
      far.destroy();
      throw new BeeError("pair-failed", "Cannot make a pair of sockets", { cause });
    } finally {
      clearTimeout(timer);
      this.#awaited.delete(name);
    }
  }

  close(): void {
    this.#server.close();
  }

  /** The first bytes of a connection are the pair's name, and come in one piece. */
  #meet(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    socket.once("data", (chunk) => {
      socket.pause();
      const found = this.#awaited.get(chunk.toString("latin1"));
      if (found === undefined) socket.destroy();
      else found(socket);
    });
  }
}

import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { readDescriptorTag } from "@beemesh/workload";

/** What waits in the inbox of descriptors. */
export interface Delivery {
  readonly fd: number;
  readonly bytes: Uint8Array;
}

export interface HandoverOptions {
  readonly inbox: { receive(): Delivery | undefined };
  /** Makes a socket of a descriptor. */
  readonly adopt: (fd: number) => Socket;
  readonly onIncoming: (socket: Socket) => void;
}

/** Sockets that nobody has asked for, such as those of questions that were asked twice. */
const unclaimedMax = 256;

/** Descriptors that are taken in one turn: more wait for the next, others have their turn too. */
const batchMax = 256;

/** Takes the sockets that the machine hands over, each with what the machine has read of it. */
export class Handover {
  readonly #options: HandoverOptions;
  readonly #dialed = new Map<number, Socket>();

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** The socket of an answered `dial`; undefined if the machine has sent none. */
  take(id: number): Socket | undefined {
    this.receive();
    const socket = this.#dialed.get(id);
    this.#dialed.delete(id);
    return socket;
  }

  /** Takes what waits in the inbox. */
  receive(): void {
    for (let count = 0; count < batchMax; count += 1) {
      const delivery = this.#options.inbox.receive();
      if (delivery === undefined) return;
      this.#accept(delivery);
    }
    setImmediate(() => this.receive());
  }

  close(): void {
    for (const socket of this.#dialed.values()) socket.destroy();
    this.#dialed.clear();
  }

  #accept({ fd, bytes }: Delivery): void {
    const end = bytes.indexOf(10);
    const line = Buffer.from(bytes.subarray(0, Math.max(0, end))).toString("latin1");
    const tag = readDescriptorTag(line);
    if (tag === undefined) {
      closeSync(fd);
      return;
    }
    const socket = this.#options.adopt(fd);
    socket.on("error", () => socket.destroy());
    // The bytes lie in the inbox's buffer, which the next delivery overwrites.
    const rest = Buffer.from(bytes.subarray(end + 1));
    if (rest.length > 0) socket.unshift(rest);
    if (tag.kind === "incoming") this.#options.onIncoming(socket);
    else this.#keep(tag.id, socket);
  }

  #keep(id: number, socket: Socket): void {
    this.#dialed.get(id)?.destroy();
    this.#dialed.set(id, socket);
    for (const [oldest, unclaimed] of this.#dialed) {
      if (this.#dialed.size <= unclaimedMax) return;
      unclaimed.destroy();
      this.#dialed.delete(oldest);
    }
  }
}

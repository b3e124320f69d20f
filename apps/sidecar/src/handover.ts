import { closeSync } from "node:fs";
import { readDescriptorTag } from "@beemesh/workload";

/** What waits in the inbox of descriptors, and what was read of it already. */
export interface Delivery {
  readonly fd: number;
  readonly bytes: Uint8Array;
}

export interface HandoverOptions {
  readonly inbox: { receive(): Delivery | undefined };
  /** Somebody comes; whoever is told owns the descriptor. */
  readonly onIncoming: (delivery: Delivery) => void;
}

/** Descriptors that nobody has asked for, such as those of questions that were asked twice. */
const unclaimedMax = 256;

/** Descriptors that are taken in one turn: more wait for the next, others have their turn too. */
const batchMax = 256;

/** Takes the descriptors that the machine hands over, each with what the machine has read of it. */
export class Handover {
  readonly #options: HandoverOptions;
  readonly #dialed = new Map<number, Delivery>();

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** What an answered `dial` has made, its taker's; undefined if the machine has sent none. */
  take(id: number): Delivery | undefined {
    this.receive();
    const delivery = this.#dialed.get(id);
    this.#dialed.delete(id);
    return delivery;
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
    for (const { fd } of this.#dialed.values()) closeSync(fd);
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
    // The bytes lie in the inbox's buffer, which the next delivery may overwrite.
    const delivery = { fd, bytes: Buffer.from(bytes.subarray(end + 1)) };
    if (tag.kind === "dialed") this.#keep(tag.id, delivery);
    else this.#options.onIncoming(delivery);
  }

  #keep(id: number, delivery: Delivery): void {
    const earlier = this.#dialed.get(id);
    if (earlier !== undefined) closeSync(earlier.fd);
    this.#dialed.set(id, delivery);
    for (const [oldest, { fd }] of this.#dialed) {
      if (this.#dialed.size <= unclaimedMax) return;
      closeSync(fd);
      this.#dialed.delete(oldest);
    }
  }
}

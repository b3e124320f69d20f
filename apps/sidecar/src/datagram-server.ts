import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Carrier, CarrierUser } from "./carrier.ts";
import { DatagramParts } from "./datagram-parts.ts";

/** Unused for so long, a flow is over; longer than the end that has opened it waits. */
const idleMsMax = 90_000;

/** Brings the datagrams of a carrier to a program of the pod, and its answers back. */
export class DatagramServer implements CarrierUser {
  readonly #socket: Socket;
  readonly #parts = new DatagramParts();
  readonly #timer: NodeJS.Timeout;
  #carrier: Carrier | undefined;
  #isFull = false;
  /** What came before the socket was there. */
  #early: Uint8Array[] | undefined = [];

  constructor(carrier: Carrier, host: string, port: number) {
    this.#carrier = carrier;
    this.#socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    this.#timer = setTimeout(() => this.#carrier?.reset(), idleMsMax);
    this.#socket.on("message", (payload: Buffer) => this.#onReply(payload));
    // The port is closed, as ICMP says: then it is closed for the other end too.
    this.#socket.on("error", () => {
      this.#carrier?.reset();
      this.#close();
    });
    this.#socket.connect(port, host, () => {
      for (const payload of this.#early ?? []) this.#socket.send(payload);
      this.#early = undefined;
    });
  }

  onData(bytes: Uint8Array, isLast: boolean): void {
    const payload = this.#parts.add(bytes, isLast);
    if (payload === undefined) return;
    this.#timer.refresh();
    // A socket may keep it for a moment, and then it is another's.
    const kept = Uint8Array.from(payload);
    if (this.#early === undefined) this.#socket.send(kept);
    else this.#early.push(kept);
  }

  onEnd(): void {
    this.#carrier?.end();
  }

  onReset(): void {
    this.#close();
  }

  onOver(): void {
    this.#close();
  }

  onDrain(): void {
    this.#isFull = false;
  }

  onAccepted(): void {}

  onRefused(): void {}

  #onReply(payload: Buffer): void {
    if (this.#isFull || this.#carrier?.maySend !== true) return;
    this.#timer.refresh();
    this.#isFull = !this.#carrier.send(payload);
  }

  #close(): void {
    if (this.#carrier === undefined) return;
    this.#carrier = undefined;
    clearTimeout(this.#timer);
    this.#socket.close();
  }
}

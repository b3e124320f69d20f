import type { CarrierRefusal } from "@beemesh/carrier";
import type { EndpointUse } from "./balanced-route.ts";
import type { Carrier, CarrierUser } from "./carrier.ts";
import { DatagramParts } from "./datagram-parts.ts";

/** Datagrams that wait until the way is open; a resolver or game sends one, and then again. */
const waitingMax = 16;

/** Bytes of datagrams that wait, but for the first one. */
const waitingBytesMax = 16 * 1024;

/** Takes the datagrams of a flow to where they go. */
export interface DatagramWay {
  send(payload: Uint8Array): void;
  close(): void;
}

/** Where what comes back goes, and the end. */
export interface DatagramOwner {
  onReply(payload: Uint8Array): void;
  /** There is no way, or no more. */
  onLost(why: "closed" | "prohibited"): void;
}

/** The same, and whom the balancer is told of. */
export interface CarriedOwner extends DatagramOwner {
  readonly use: Pick<EndpointUse, "accepted" | "failed" | "over">;
}

/** The datagrams between one port of the pod and one port elsewhere. */
export class DatagramFlow {
  #way: DatagramWay | undefined;
  #waiting: Uint8Array[] = [];
  /** When it was last used, in milliseconds of the monotonic clock. */
  usedAt = 0;

  /** Sends a datagram, now or when the way is open; too many are lost, as UDP may lose them. */
  send(payload: Uint8Array): void {
    if (this.#way !== undefined) this.#way.send(payload);
    else if (this.#hasRoomFor(payload)) this.#waiting.push(Buffer.from(payload));
  }

  open(way: DatagramWay): void {
    this.#way = way;
    for (const payload of this.#waiting.splice(0)) way.send(payload);
  }

  close(): void {
    this.#way?.close();
    this.#waiting = [];
  }

  #hasRoomFor(payload: Uint8Array): boolean {
    const bytes = this.#waiting.reduce((sum, { length }) => sum + length, payload.length);
    return (
      this.#waiting.length < waitingMax && (bytes <= waitingBytesMax || bytes === payload.length)
    );
  }
}

/** A way through a carrier: one DATA frame a datagram, in both directions. */
export class CarriedDatagrams implements DatagramWay, CarrierUser {
  readonly #owner: CarriedOwner;
  readonly #parts = new DatagramParts();
  #carrier: Carrier | undefined;
  #isFull = false;

  constructor(carrier: Carrier, owner: CarriedOwner) {
    this.#carrier = carrier;
    this.#owner = owner;
  }

  /** What a carrier does not take at once is lost: who sends datagrams expects no waiting. */
  send(payload: Uint8Array): void {
    if (this.#isFull || this.#carrier?.maySend !== true) return;
    this.#isFull = !this.#carrier.send(payload);
  }

  close(): void {
    this.#carrier?.end();
  }

  onAccepted(): void {
    this.#owner.use.accepted();
  }

  onData(bytes: Uint8Array, isLast: boolean): void {
    const payload = this.#parts.add(bytes, isLast);
    if (payload !== undefined) this.#owner.onReply(payload);
  }

  onRefused({ cause }: CarrierRefusal): void {
    this.#lose(cause === "closed" ? "closed" : "prohibited");
  }

  /** The other end has nothing more to say, so nothing more will be said to it. */
  onEnd(): void {
    this.#carrier?.end();
  }

  onReset(): void {
    this.#lose("closed");
  }

  onOver(): void {
    this.#lose("closed");
  }

  onDrain(): void {
    this.#isFull = false;
  }

  #lose(why: "closed" | "prohibited"): void {
    this.#carrier = undefined;
    this.#owner.use.over();
    this.#owner.onLost(why);
  }
}

import { Duplex } from "node:stream";
import type { CarrierRefusal, Opening } from "@beemesh/carrier";
import type { Carrier, CarrierUser } from "./carrier.ts";

type Done = (error?: Error | null) => void;

/**
 * One connection of a carrier as a stream of Node, for what can read nothing else. What comes is
 * told in a callback of Node's own, each by itself: else Node's HTTP/2 mixes up the order of
 * events.
 */
export class CarrierDuplex extends Duplex implements CarrierUser {
  #carrier: Carrier | undefined;
  #waiting: Done | undefined;
  #isRefused = false;

  /** @param carrier - Idle; the connection is opened at once, and may be written to. */
  constructor(carrier: Carrier, opening: Opening) {
    super({ allowHalfOpen: true });
    this.#carrier = carrier;
    carrier.open(opening, this);
  }

  /** Whether nothing that was written has reached the program. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  override _read(): void {
    this.#carrier?.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    const carrier = this.#carrier;
    if (carrier?.maySend !== true || carrier.send(bytes)) done();
    else this.#waiting = done;
  }

  override _final(done: Done): void {
    this.#carrier?.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const carrier = this.#carrier;
    this.#carrier = undefined;
    carrier?.resume();
    carrier?.reset();
    // Whoever waits for a write would wait for ever: a session of HTTP/2 even at the process's end.
    this.#goOn();
    done(error);
  }

  onAccepted(): void {
    this.emit("accepted");
  }

  onRefused(_refusal: CarrierRefusal): void {
    this.#isRefused = true;
    this.#lose();
  }

  onData(bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    setImmediate(() => {
      if (!this.destroyed && !this.push(copy)) this.#carrier?.pause();
    });
  }

  onEnd(): void {
    setImmediate(() => this.push(null));
  }

  onReset(): void {
    this.#lose();
  }

  /** Both ends have said their end: the stream closes by itself when it was read. */
  onOver(): void {
    this.#carrier = undefined;
  }

  onDrain(): void {
    setImmediate(() => this.#goOn());
  }

  #goOn(): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }

  #lose(): void {
    this.#carrier = undefined;
    setImmediate(() => this.destroy());
  }
}

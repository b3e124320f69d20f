import type { CarrierRefusal } from "@beemesh/carrier";
import type { PlainStream } from "@beemesh/kernel";
import type { Carrier, CarrierUser } from "./carrier.ts";
import type { Counter } from "./metrics.ts";

/** What happens to a splice, for who counts, and the counters of its bytes. */
export interface SpliceObserver {
  /** Bytes to and from the application. */
  readonly bytesIn: Counter;
  readonly bytesOut: Counter;
  onAccepted(): void;
  onRefused(refusal: CarrierRefusal): void;
  /** The application's socket is closed, and the carrier another's. */
  onClose(): void;
}

/** Sees what passes, before it is passed on, and keeps no bytes of it. */
export interface SpliceTap {
  fromApp(bytes: Uint8Array): void;
  toApp(bytes: Uint8Array): void;
}

/**
 * Joins a TCP connection of an application with a carrier: bytes, the end of each direction, and
 * breaking off all pass as they are, and a reader who does not read stops the other end's writer.
 */
export class Splice implements CarrierUser {
  readonly isQuiet = true;
  readonly #app: PlainStream;
  readonly #observer: SpliceObserver;
  readonly #tap: SpliceTap | undefined;
  #carrier: Carrier | undefined;

  /**
   * @param app - Nobody else reads it from now on.
   * @param tap - Sees all that passes.
   */
  constructor(app: PlainStream, carrier: Carrier, observer: SpliceObserver, tap?: SpliceTap) {
    this.#app = app;
    this.#carrier = carrier;
    this.#observer = observer;
    this.#tap = tap;
    app.read({
      isQuiet: true,
      onData: (chunk) => this.#onAppData(chunk),
      onEnd: () => this.#carrier?.end(),
      onDrain: () => this.#carrier?.resume(),
      onClose: () => this.#onAppClose(),
    });
  }

  onAccepted(): void {
    this.#observer.onAccepted();
  }

  onRefused(refusal: CarrierRefusal): void {
    this.#carrier = undefined;
    this.#observer.onRefused(refusal);
    this.#app.reset();
  }

  onData(bytes: Uint8Array): void {
    this.#observer.bytesIn.value += bytes.length;
    this.#tap?.toApp(bytes);
    if (!this.#app.write(bytes)) this.#carrier?.pause();
  }

  /** Breaks both ends off. */
  abort(): void {
    this.#carrier?.reset();
    this.#carrier = undefined;
    this.#app.reset();
  }

  onEnd(): void {
    this.#app.end();
  }

  onReset(): void {
    this.#carrier = undefined;
    this.#app.reset();
  }

  onOver(): void {
    this.#carrier = undefined;
  }

  onDrain(): void {
    this.#app.resume();
  }

  #onAppData(chunk: Uint8Array): void {
    const carrier = this.#carrier;
    if (carrier === undefined || !carrier.maySend) return;
    this.#observer.bytesOut.value += chunk.length;
    this.#tap?.fromApp(chunk);
    if (!carrier.send(chunk)) this.#app.pause();
  }

  /**
   * After an end in both directions the carrier has gone already. Otherwise the application broke
   * off, and the other end is told so.
   */
  #onAppClose(): void {
    this.#carrier?.reset();
    this.#carrier = undefined;
    this.#observer.onClose();
  }
}

import type { Socket } from "node:net";
import type { CarrierRefusal } from "@beemesh/carrier";
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

/**
 * A chunk of at least this many bytes is a full record of TLS: the next one probably follows in
 * the same turn, and both go to the application in one system call. A shorter one goes at once.
 */
const fullRecordBytes = 16 * 1024 - 64;

/**
 * Joins a TCP connection of an application with a carrier: bytes, the end of each direction, and
 * breaking off all pass as they are, and a reader who does not read stops the other end's writer.
 *
 * The socket must be paused, allow half-open, and have no listeners for what it reads.
 */
export class Splice implements CarrierUser {
  readonly #app: Socket;
  readonly #observer: SpliceObserver;
  #carrier: Carrier | undefined;
  #isCorked = false;

  constructor(app: Socket, carrier: Carrier, observer: SpliceObserver) {
    this.#app = app;
    this.#carrier = carrier;
    this.#observer = observer;
    app.on("data", (chunk: Buffer) => this.#onAppData(chunk));
    app.on("end", () => this.#carrier?.end());
    app.on("drain", () => this.#carrier?.resume());
    // What has happened to it is told by `close`.
    app.on("error", () => {});
    app.on("close", () => this.#onAppClose());
    app.resume();
  }

  onAccepted(): void {
    this.#observer.onAccepted();
  }

  onRefused(refusal: CarrierRefusal): void {
    this.#carrier = undefined;
    this.#observer.onRefused(refusal);
    this.#app.resetAndDestroy();
  }

  onData(bytes: Uint8Array): void {
    const app = this.#app;
    this.#observer.bytesIn.value += bytes.length;
    if (!this.#isCorked && bytes.length >= fullRecordBytes) {
      this.#isCorked = true;
      app.cork();
      setImmediate(uncork, this);
    }
    if (!app.write(bytes)) this.#carrier?.pause();
  }

  /** Breaks both ends off. */
  abort(): void {
    this.#carrier?.reset();
    this.#carrier = undefined;
    this.#app.resetAndDestroy();
  }

  /** Hands over what was gathered in this turn. */
  uncork(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#app.uncork();
  }

  onEnd(): void {
    this.uncork();
    this.#app.end();
  }

  onReset(): void {
    this.#carrier = undefined;
    this.#app.resetAndDestroy();
  }

  onOver(): void {
    this.#carrier = undefined;
  }

  onDrain(): void {
    this.#app.resume();
  }

  #onAppData(chunk: Buffer): void {
    const carrier = this.#carrier;
    if (carrier === undefined || !carrier.maySend) return;
    this.#observer.bytesOut.value += chunk.length;
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

function uncork(splice: Splice): void {
  splice.uncork();
}

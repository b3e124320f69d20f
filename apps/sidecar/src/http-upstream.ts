import type { CarrierRefusal, Opening } from "@beemesh/carrier";
import type { Carrier, CarrierUser } from "./carrier.ts";
import { openMsMax } from "./limits.ts";

/** Who uses a connection to an endpoint's program at the time. */
export interface UpstreamUser {
  onData(bytes: Uint8Array): void;
  onEnd(): void;
  onGone(): void;
  /** Nothing that was written has reached the program. */
  onRefused(): void;
  onDrain(): void;
}

export interface UpstreamOptions {
  /** The endpoint and its port. */
  readonly key: string;
  readonly opening: Opening;
  /** The connection is no more. */
  readonly onOver: () => void;
}

/** One connection to an endpoint's program, for one request of HTTP after the other. */
export class HttpUpstream implements CarrierUser {
  /** The endpoint and its port. */
  readonly key: string;
  #carrier: Carrier | undefined;
  #user: UpstreamUser | undefined;
  #hasEnded = false;
  readonly #onOver: () => void;
  readonly #timer: NodeJS.Timeout;

  /** @param carrier - Idle; the connection is opened at once, and may be written to. */
  constructor({ key, opening, onOver }: UpstreamOptions, carrier: Carrier) {
    this.key = key;
    this.#onOver = onOver;
    this.#carrier = carrier;
    this.#timer = setTimeout(() => this.#user?.onGone(), openMsMax);
    carrier.open(opening, this);
  }

  /** Whether it can take a request. */
  get isOpen(): boolean {
    return this.#carrier?.maySend === true && !this.#hasEnded;
  }

  /** Gives it to another user; undefined is nobody, until it is given again or closed. */
  give(user: UpstreamUser | undefined): void {
    this.#user = user;
  }

  /** @returns False if the writer should wait for `onDrain`. */
  write(bytes: Uint8Array): boolean {
    const carrier = this.#carrier;
    return carrier === undefined || !carrier.maySend || carrier.send(bytes);
  }

  end(): void {
    this.#carrier?.end();
  }

  pause(): void {
    this.#carrier?.pause();
  }

  resume(): void {
    this.#carrier?.resume();
  }

  /** Gives it up: by an end if the program has said its own, or broken off in the middle. */
  close(): void {
    clearTimeout(this.#timer);
    this.#user = undefined;
    const carrier = this.#carrier;
    carrier?.resume();
    if (this.#hasEnded) carrier?.end();
    else carrier?.reset();
    this.#lose();
  }

  onAccepted(): void {
    clearTimeout(this.#timer);
  }

  onRefused(_refusal: CarrierRefusal): void {
    clearTimeout(this.#timer);
    this.#lose();
    this.#user?.onRefused();
  }

  onData(bytes: Uint8Array): void {
    this.#user?.onData(bytes);
  }

  onEnd(): void {
    this.#hasEnded = true;
    this.#user?.onEnd();
  }

  onReset(): void {
    clearTimeout(this.#timer);
    this.#lose();
    this.#user?.onGone();
  }

  /** Both ends have said their end, and who uses it knows. */
  onOver(): void {
    clearTimeout(this.#timer);
    this.#lose();
  }

  onDrain(): void {
    this.#user?.onDrain();
  }

  /** The connection is no more; said once, for each way there is for it to end. */
  #lose(): void {
    if (this.#carrier === undefined) return;
    this.#carrier = undefined;
    this.#onOver();
  }
}

import type { Socket } from "node:net";
import { instantAt, type Now } from "@beemesh/base";
import type { CarrierRefusal } from "@beemesh/carrier";
import { RequestWatch, type SpanQueue } from "@beemesh/proxy";
import type { CarrierUser } from "./carrier.ts";

/** For the ids of traces: nobody gains by guessing them. */
const random = { below: (bound: number): number => Math.floor(Math.random() * bound) };

/**
 * Looks at what comes to a program of the pod and what it answers, for spans; whoever splices the
 * connection does not know of it.
 */
export class ServerTap implements CarrierUser {
  readonly #user: CarrierUser;
  readonly #watch = new RequestWatch(random);
  readonly #spans: SpanQueue;
  readonly #nowMs: () => number;

  constructor(app: Socket, user: CarrierUser, spans: SpanQueue, nowMs: () => number) {
    this.#user = user;
    this.#spans = spans;
    this.#nowMs = nowMs;
    const onData = (bytes: Buffer): void => {
      const seen = this.#watch.fromProgram(Buffer.from(bytes), this.#now());
      for (const span of seen) this.#spans.push(span);
      if (this.#watch.isLost) app.off("data", onData);
    };
    app.on("data", onData);
  }

  onAccepted(): void {
    this.#user.onAccepted();
  }

  onRefused(refusal: CarrierRefusal): void {
    this.#user.onRefused(refusal);
  }

  onData(bytes: Uint8Array, isLast: boolean): void {
    // Before it is passed on: the answer may come at once. A carrier's buffers are its own.
    if (!this.#watch.isLost) this.#watch.toProgram(Buffer.from(bytes), this.#now());
    this.#user.onData(bytes, isLast);
  }

  onEnd(): void {
    this.#user.onEnd();
  }

  onReset(): void {
    this.#user.onReset();
  }

  onOver(): void {
    this.#user.onOver();
  }

  onDrain(): void {
    this.#user.onDrain();
  }

  #now(): Now {
    return { at: instantAt(performance.now()), wallMs: this.#nowMs() };
  }
}

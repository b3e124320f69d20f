import { instantAt, type Now } from "@beemesh/base";
import { RequestWatch, type SpanQueue } from "@beemesh/proxy";
import type { SpliceTap } from "./splice.ts";

/** For the ids of traces: nobody gains by guessing them. */
const random = { below: (bound: number): number => Math.floor(Math.random() * bound) };

/** Looks at what comes to a program of the pod and what it answers, for spans. */
export class ServerTap implements SpliceTap {
  readonly #watch = new RequestWatch(random);
  readonly #spans: SpanQueue;
  readonly #nowMs: () => number;

  constructor(spans: SpanQueue, nowMs: () => number) {
    this.#spans = spans;
    this.#nowMs = nowMs;
  }

  fromApp(bytes: Uint8Array): void {
    if (this.#watch.isLost) return;
    // The bytes are another's soon, and a watch may keep what is no whole head yet.
    const seen = this.#watch.fromProgram(Buffer.from(bytes), this.#now());
    for (const span of seen) this.#spans.push(span);
  }

  toApp(bytes: Uint8Array): void {
    if (!this.#watch.isLost) this.#watch.toProgram(Buffer.from(bytes), this.#now());
  }

  #now(): Now {
    return { at: instantAt(performance.now()), wallMs: this.#nowMs() };
  }
}

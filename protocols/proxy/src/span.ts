import type { TraceContext } from "./trace-context.ts";

/** One piece of work in a trace. */
export interface Span {
  readonly context: TraceContext;
  /** The span that this one is inside of; empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** `client` for what a pod asks, `server` for what it is asked. */
  readonly kind: "client" | "server";
  /** Milliseconds since 1970. */
  readonly startWallMs: number;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
}

/** Spans that wait to be sent; what comes while it is full is counted and dropped. */
const spansMax = 512;

/** Spans that wait for the collector. */
export class SpanQueue {
  #spans: Span[] = [];
  #dropped = 0;

  get size(): number {
    return this.#spans.length;
  }

  /** Spans that found no place, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  push(span: Span): void {
    if (this.#spans.length < spansMax) this.#spans.push(span);
    else this.#dropped += 1;
  }

  /** The oldest spans, at most `countMax`; they are the caller's now. */
  take(countMax: number): readonly Span[] {
    return this.#spans.splice(0, countMax);
  }
}

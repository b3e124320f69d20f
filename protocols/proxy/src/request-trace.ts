import type { Now, Random } from "@beemesh/base";
import type { Span } from "./span.ts";
import { childOf, newTrace, readTraceparent, type TraceContext } from "./trace-context.ts";

/** Characters of a path in a span; the query is left out, for it may hold secrets. */
const pathLengthMax = 256;

/** Where a request stands in a trace that is recorded. */
export interface RequestTrace {
  readonly context: TraceContext;
  readonly parentSpanId: string;
}

/**
 * The trace of a request: that of its `traceparent` if it is sampled, or a new one.
 *
 * @param share - Of the requests without a trace that begin one, 0 to 1; undefined leaves all
 *   requests alone.
 */
export function traceOf(
  traceparent: string,
  share: number | undefined,
  random: Random,
): RequestTrace | undefined {
  if (share === undefined) return undefined;
  const parent = readTraceparent(traceparent);
  if (parent !== undefined) {
    if (!parent.isSampled) return undefined;
    return { context: childOf(parent, random), parentSpanId: parent.spanId };
  }
  const isSampled = random.below(1_000_000) < share * 1_000_000;
  return isSampled ? { context: newTrace(random, true), parentSpanId: "" } : undefined;
}

/** What of a request stands in its span. */
export interface TracedRequest {
  readonly kind: Span["kind"];
  readonly started: Now;
  readonly durationMs: number;
  readonly method: string;
  /** With the query, which is left out. */
  readonly path: string;
  readonly host: string;
  readonly isError: boolean;
  /** What else there is to say of it. */
  readonly more: Span["attributes"];
}

/** A request as a piece of its trace. Names: OpenTelemetry, semantic conventions for HTTP. */
export function requestSpan(trace: RequestTrace, request: TracedRequest): Span {
  const { kind, started, durationMs, method, path, host, isError, more } = request;
  return {
    context: trace.context,
    parentSpanId: trace.parentSpanId,
    name: method,
    kind,
    startWallMs: started.wallMs,
    durationMs,
    attributes: {
      "http.request.method": method,
      "url.path": (path.split("?", 1)[0] ?? "").slice(0, pathLengthMax),
      "server.address": host.slice(0, pathLengthMax),
      ...more,
    },
    isError,
  };
}

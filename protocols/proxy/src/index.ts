/**
 * What a sidecar knows of the traffic that it carries: which protocol it is, where HTTP's messages
 * begin and end, which endpoint takes a request, when to try again, and what to count.
 *
 * Pure: bytes, time and chance come in as arguments, everything to be done comes out as effects.
 *
 * @module
 */

export { Balancer, type Choice } from "./balancer.ts";
export { type BreakerLimits, breakerLimits } from "./breaker.ts";
export type { Outcome } from "./ejection.ts";
export { type ExchangeOptions, HttpExchange } from "./exchange.ts";
export {
  type ClientEffect,
  defaultTimeouts,
  type ExchangeEffect,
  type ExchangeEvent,
  type ExchangeNote,
  type ExchangeRecord,
  type ExchangeTimeouts,
  type UpstreamEffect,
} from "./exchange-event.ts";
export {
  type GrpcStatusName,
  grpcOutcome,
  grpcStatusCode,
  grpcStatusName,
  isGrpcFailure,
} from "./grpc.ts";
export { type HttpFault, headersMax } from "./http-fields.ts";
export { type HttpHead, type RequestHead, type ResponseHead, valuesOf } from "./http-head.ts";
export type { HttpPart, HttpReader } from "./http-reader.ts";
export {
  fieldOf,
  fieldsByName,
  type Http2Head,
  type RawFields,
  readHttp2Head,
  withField,
} from "./http2-head.ts";
export { type AppProtocol, type Direction, Meter, type RequestFacts } from "./meter.ts";
export type { Series } from "./metric-family.ts";
export { type MetricPage, mergePages } from "./metric-page.ts";
export { otlpJson } from "./otlp.ts";
export { mayUpgrade, requestReader } from "./request-reader.ts";
export { type RequestTrace, requestSpan, traceOf } from "./request-trace.ts";
export { RequestWatch } from "./request-watch.ts";
export { ResponseReader } from "./response-reader.ts";
export {
  type Attempt,
  isRetriedAnswer,
  mayRetry,
  replayBytesMax,
  retryDelayMs,
  type TryFailure,
  triesMax,
} from "./retry.ts";
export { defaultRetryBudget, RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";
export { type Sniffed, sniff, sniffBytesMax } from "./sniff.ts";
export { type Span, SpanQueue } from "./span.ts";
export {
  childOf,
  newTrace,
  readTraceparent,
  type TraceContext,
  traceparentOf,
} from "./trace-context.ts";

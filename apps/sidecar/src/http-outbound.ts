import type { PlainStream } from "@beemesh/kernel";
import { type Meter, SpanQueue } from "@beemesh/proxy";
import type { Route } from "@beemesh/workload";
import type { BalancedRoutes, ServiceRoute } from "./balanced-route.ts";
import { HttpConnection } from "./http-connection.ts";
import { HttpPool } from "./http-pool.ts";
import { Http2Outbound } from "./http2-outbound.ts";
import type { Pool } from "./pool.ts";

/** Share of the requests that begin a trace, where traces are wanted and they have none. */
const traceShare = 0.01;

/**
 * Protocols, as a Service names them, whose connections are looked into. Without a name they are
 * too; with any other they are not.
 */
const httpNames = new Set([
  "",
  "http",
  "http/1.1",
  "kubernetes.io/ws",
  "kubernetes.io/h2c",
  "h2c",
  "http2",
  "grpc",
]);

/** Whether connections to a route may speak HTTP, of either version. */
export function mayBeHttp(route: Route): route is ServiceRoute {
  return route.kind === "service" && httpNames.has(route.appProtocol.toLowerCase());
}

export interface HttpOutboundOptions {
  readonly carriers: Pool;
  readonly balanced: BalancedRoutes;
  readonly nowMs: () => number;
  readonly meter: Meter;
}

/** The connections of the pod's programs that speak HTTP to services. */
export class HttpOutbound {
  readonly meter: Meter;
  /** Spans that wait for the collector. */
  readonly spans: SpanQueue = new SpanQueue();
  readonly #pool: HttpPool;
  readonly #http2: Http2Outbound;
  readonly #balanced: BalancedRoutes;
  readonly #nowMs: () => number;
  #isTracing = false;

  constructor({ carriers, balanced, nowMs, meter }: HttpOutboundOptions) {
    this.meter = meter;
    this.#pool = new HttpPool(carriers);
    this.#http2 = new Http2Outbound(carriers);
    this.#balanced = balanced;
    this.#nowMs = nowMs;
  }

  /** Connections to programs that wait for their next request. */
  get idle(): number {
    return this.#pool.size;
  }

  /** Where spans go; undefined while nobody wants any. */
  get traced(): SpanQueue | undefined {
    return this.#isTracing ? this.spans : undefined;
  }

  /** Whether spans go anywhere: only then are requests given a trace. */
  trace(isTracing: boolean): void {
    this.#isTracing = isTracing;
  }

  /**
   * Takes a connection that begins with a request.
   *
   * @param first - What was read of the socket already, which is paused.
   */
  take(app: PlainStream, route: ServiceRoute, first: Uint8Array): HttpConnection {
    return new HttpConnection(app, first, {
      pool: this.#pool,
      route: this.#balanced.find(route),
      service: serviceOf(route),
      meter: this.meter,
      spans: this.spans,
      traceShare: this.#isTracing ? traceShare : undefined,
      nowMs: this.#nowMs,
    });
  }

  /** Takes a connection that begins as those of HTTP/2 do; otherwise as `take`. */
  takeHttp2(app: PlainStream, route: ServiceRoute, first: Uint8Array): Promise<void> {
    const service = serviceOf(route);
    return this.#http2.take(app, first, {
      route: this.#balanced.find(route),
      service,
      meter: this.meter,
      spans: this.spans,
      traceShare: () => (this.#isTracing ? traceShare : undefined),
      nowMs: this.#nowMs,
      received: this.meter.bytes("out", "received", service),
      sent: this.meter.bytes("out", "sent", service),
    });
  }

  close(): void {
    this.#pool.close();
    this.#http2.close();
  }
}

function serviceOf({ namespace, name, port }: ServiceRoute): string {
  return `${namespace}/${name}:${port}`;
}

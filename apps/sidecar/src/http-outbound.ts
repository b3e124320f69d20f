import type { PlainStream } from "@beemesh/kernel";
import { type Meter, SpanQueue } from "@beemesh/proxy";
import type { Route } from "@beemesh/workload";
import { HttpConnection } from "./http-connection.ts";
import { HttpPool } from "./http-pool.ts";
import { HttpRoutes, type ServiceRoute } from "./http-routes.ts";
import type { Pool } from "./pool.ts";

/** Share of the requests that begin a trace, where traces are wanted and they have none. */
const traceShare = 0.01;

/**
 * Protocols, as a Service names them, whose connections are looked into. Without a name they are
 * too; with any other they are not.
 */
const httpNames = new Set(["", "http", "http/1.1", "kubernetes.io/ws"]);

/** Whether connections to a route may speak HTTP/1.1. */
export function mayBeHttp(route: Route): route is ServiceRoute {
  return route.kind === "service" && httpNames.has(route.appProtocol.toLowerCase());
}

/** The connections of the pod's programs that speak HTTP to services. */
export class HttpOutbound {
  readonly meter: Meter;
  /** Spans that wait for the collector. */
  readonly spans: SpanQueue = new SpanQueue();
  readonly #pool: HttpPool;
  readonly #routes = new HttpRoutes();
  readonly #nowMs: () => number;
  #isTracing = false;

  constructor(carriers: Pool, nowMs: () => number, meter: Meter) {
    this.meter = meter;
    this.#pool = new HttpPool(carriers);
    this.#nowMs = nowMs;
  }

  /** Connections to programs that wait for their next request. */
  get idle(): number {
    return this.#pool.size;
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
      route: this.#routes.find(route),
      service: `${route.namespace}/${route.name}:${route.port}`,
      meter: this.meter,
      spans: this.spans,
      traceShare: this.#isTracing ? traceShare : undefined,
      nowMs: this.#nowMs,
    });
  }

  change(route: Route): void {
    this.#routes.change(route);
  }

  close(): void {
    this.#pool.close();
  }
}

import { MetricFamily, type Series } from "./metric-family.ts";

/** From the pod (`out`) or to it (`in`). */
export type Direction = "in" | "out";
export type AppProtocol = "http1" | "http2" | "grpc" | "tls" | "tcp" | "udp";

/**
 * Series of one counter. A pod talks to a dozen services; with this the page stays well under the
 * longest line of a sidecar's channel (256 KiB), beside what else a sidecar counts.
 */
const counterSeriesMax = 64;

/** Series of one histogram: each has twenty lines. */
const histogramSeriesMax = 16;

/** What one request, or one connection that is not read, came to. */
export interface RequestFacts {
  readonly direction: Direction;
  /** `namespace/service`, or the kind of thing where there is none. */
  readonly target: string;
  readonly protocol: AppProtocol;
  /**
   * The status; 499 if the client went away first, 0 where there are none. Of gRPC the name of its
   * status, such as `UNAVAILABLE`.
   */
  readonly code: number | string;
  readonly durationMs: number;
}

/** What a sidecar counts: bounded, and read as a page of Prometheus' text format. */
export class Meter {
  readonly #requests = counter(
    "beemesh_proxy_requests_total",
    "Requests that were answered, by status; 499 is a client that went away.",
    ["direction", "target", "protocol", "code"],
  );
  readonly #connections = counter(
    "beemesh_proxy_connections_total",
    "Connections of applications that were taken.",
    ["direction", "target", "protocol"],
  );
  readonly #open = new MetricFamily({
    name: "beemesh_proxy_connections_open",
    help: "Connections of applications that are open now.",
    type: "gauge",
    labels: ["direction"],
    openLabels: [],
    seriesMax: 2,
  });
  readonly #bytes = counter(
    "beemesh_proxy_bytes_total",
    "Bytes of applications: received from the client, or sent to it.",
    ["direction", "way", "target"],
  );
  readonly #durations = new MetricFamily({
    name: "beemesh_proxy_request_duration_seconds",
    help: "From the request's first byte to the response's last.",
    type: "histogram",
    labels: ["direction", "target", "protocol"],
    openLabels: ["target"],
    seriesMax: histogramSeriesMax,
  });
  readonly #refused = counter(
    "beemesh_policy_refused_total",
    "Connections that were not let through, by cause.",
    ["direction", "cause"],
  );
  readonly #http2 = {
    streams: counter(
      "beemesh_proxy_http2_streams_total",
      "Streams of HTTP/2 that clients opened: requests, or calls of gRPC.",
      ["target", "protocol"],
    ),
    resets: counter(
      "beemesh_proxy_http2_resets_total",
      "Streams of HTTP/2 that either end broke off.",
      ["target", "protocol"],
    ),
    goaways: counter(
      "beemesh_proxy_http2_goaways_total",
      "Words of either end of HTTP/2 that it leaves its connection.",
      ["target", "protocol"],
    ),
  };
  readonly #retries = counter("beemesh_proxy_retries_total", "Requests that were tried again.", [
    "target",
  ]);
  readonly #ejections = counter(
    "beemesh_proxy_ejections_total",
    "Endpoints that were left out for a while because they failed.",
    ["target"],
  );

  request({ direction, target, protocol, code, durationMs }: RequestFacts): void {
    this.#requests.series(direction, target, protocol, String(code)).add(1);
    this.#durations.series(direction, target, protocol).observe(durationMs / 1000);
  }

  connectionOpened(direction: Direction, target: string, protocol: AppProtocol): void {
    this.#connections.series(direction, target, protocol).add(1);
    this.#open.series(direction).add(1);
  }

  connectionClosed(direction: Direction): void {
    this.#open.series(direction).add(-1);
  }

  /** A series to add bytes to: keep it for as long as the connection is open. */
  bytes(direction: Direction, way: "received" | "sent", target: string): Series {
    return this.#bytes.series(direction, way, target);
  }

  /** @param cause - As in `Refusal` of `@beemesh/workload`. */
  refused(direction: Direction, cause: string): void {
    this.#refused.series(direction, cause).add(1);
  }

  /** Counts what was seen to pass through a connection that is HTTP/2. */
  http2(
    what: "streams" | "resets" | "goaways",
    target: string,
    protocol: "http2" | "grpc",
    amount: number,
  ): void {
    if (amount > 0) this.#http2[what].series(target, protocol).add(amount);
  }

  retried(target: string): void {
    this.#retries.series(target).add(1);
  }

  ejected(target: string): void {
    this.#ejections.series(target).add(1);
  }

  /** The page, without what was never counted. */
  text(): string {
    return [
      this.#requests,
      this.#durations,
      this.#connections,
      this.#open,
      this.#bytes,
      this.#refused,
      this.#http2.streams,
      this.#http2.resets,
      this.#http2.goaways,
      this.#retries,
      this.#ejections,
    ]
      .map((family) => family.text())
      .join("");
  }
}

/** Values of these come from outside. */
const openLabels = ["target", "code", "cause"];

function counter(name: string, help: string, labels: readonly string[]): MetricFamily {
  const seriesMax = counterSeriesMax;
  return new MetricFamily({ name, help, type: "counter", labels, openLabels, seriesMax });
}

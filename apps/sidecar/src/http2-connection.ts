import type { ServerHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { Now } from "@beemesh/base";
import {
  type Http2Head,
  type Meter,
  type RequestTrace,
  requestSpan,
  type Series,
  type SpanQueue,
} from "@beemesh/proxy";
import type { BalancedRoute } from "./balanced-route.ts";
import type { Http2Answer } from "./http2-answer.ts";
import { connectionWindowBytes, endStreamFlag, type Http2, serverLimits } from "./http2-limits.ts";
import type { Http2Pool } from "./http2-pool.ts";
import { Http2Request } from "./http2-request.ts";

export interface Http2ConnectionOptions {
  readonly pool: Http2Pool;
  readonly route: BalancedRoute;
  /** `namespace/name:port`. */
  readonly service: string;
  readonly meter: Meter;
  readonly spans: SpanQueue;
  /** Share of the requests that begin a trace; undefined if nobody wants any. */
  readonly traceShare: () => number | undefined;
  readonly nowMs: () => number;
  /** Bytes of bodies from the client, and to it. */
  readonly received: Series;
  readonly sent: Series;
  /** A request is over. */
  readonly onDone: (done: DoneRequest) => void;
}

/** What one request came to. */
export interface DoneRequest {
  readonly head: Http2Head;
  readonly started: Now;
  readonly answer: Http2Answer;
  readonly trace: RequestTrace | undefined;
  /** Uids of the endpoints that it was given to. */
  readonly tried: readonly string[];
  /** How its stream ended (RFC 9113, section 7). */
  readonly resetCode: number;
}

/** A program's connection that speaks HTTP/2 from its first byte: each request by itself. */
export class Http2Connection {
  readonly #session: ServerHttp2Session;
  readonly #options: Http2ConnectionOptions;
  readonly #onClose: () => void;
  #streams = 0;
  /** Undefined until the first request has told. */
  #protocol: "http2" | "grpc" | undefined;

  /** @param app - Paused; what was read of it already was put back. */
  constructor(
    http2: Http2,
    app: Duplex,
    options: Omit<Http2ConnectionOptions, "onDone">,
    onClose: () => void,
  ) {
    this.#onClose = onClose;
    this.#options = { ...options, onDone: (done) => this.#onDone(done) };
    const session = http2.performServerHandshake(app, serverLimits);
    this.#session = session;
    session.setLocalWindowSize(connectionWindowBytes);
    session.on("stream", (stream, headers, flags, fields) => {
      this.#see(headers["content-type"] ?? "");
      this.#streams += 1;
      const isEnd = (flags & endStreamFlag) !== 0;
      new Http2Request(stream, fields, isEnd, this.#options).begin();
    });
    session.on("goaway", () => this.#count("goaways"));
    session.on("error", () => session.destroy());
    session.on("close", () => this.#end());
    this.#wakeWhenIdle();
  }

  /** Takes no more requests, and ends when those under way have ended. */
  close(): void {
    this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #see(contentType: string): void {
    const { meter, service } = this.#options;
    if (this.#protocol === undefined) {
      this.#protocol = contentType.startsWith("application/grpc") ? "grpc" : "http2";
      meter.connectionOpened("out", service, this.#protocol);
    }
    this.#count("streams");
  }

  #count(what: "streams" | "resets" | "goaways"): void {
    const { meter, service } = this.#options;
    meter.http2(what, service, this.#protocol ?? "http2", 1);
  }

  #onDone({ head, started, answer, trace, tried, resetCode }: DoneRequest): void {
    const { meter, service, spans } = this.#options;
    const durationMs = performance.now() - started.at;
    const protocol = head.isGrpc ? "grpc" : "http2";
    this.#streams -= 1;
    if (resetCode !== 0) this.#count("resets");
    meter.request({ direction: "out", target: service, protocol, code: answer.code, durationMs });
    if (trace === undefined) return;
    const { method, path, authority: host } = head;
    const { isError, status } = answer;
    const more = {
      "http.response.status_code": status,
      "http.request.resend_count": Math.max(0, tried.length - 1),
      "beemesh.pod.uid": tried.at(-1) ?? "",
      ...(head.isGrpc ? { "rpc.system": "grpc", "rpc.grpc.status": answer.code } : {}),
    };
    const request = { kind: "client", started, durationMs, method, path, host } as const;
    spans.push(requestSpan(trace, { ...request, isError, more }));
  }

  #end(): void {
    if (this.#protocol !== undefined) this.#options.meter.connectionClosed("out");
    this.#onClose();
  }

  /** A connection that nobody uses is ended in the way that its client understands. */
  #wakeWhenIdle(): void {
    const { idleMs } = this.#options.route.timeouts;
    this.#session.setTimeout(idleMs, () => {
      if (this.#streams === 0) this.close();
    });
  }
}

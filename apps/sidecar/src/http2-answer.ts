import type { ServerHttp2Stream } from "node:http2";
import {
  fieldOf,
  type GrpcStatusName,
  grpcOutcome,
  grpcStatusCode,
  grpcStatusName,
  type Http2Head,
  isGrpcFailure,
  type RawFields,
  type TryFailure,
} from "@beemesh/proxy";

/** Why a sidecar answers in the place of an endpoint, in HTTP's words, gRPC's, and for people. */
const failures = {
  empty: [503, "destination_unavailable", "UNAVAILABLE", "the service has no pod that is ready"],
  full: [503, "connection_limit_reached", "UNAVAILABLE", "every pod has all that it can take"],
  connect: [502, "connection_refused", "UNAVAILABLE", "no connection to the pod"],
  reset: [502, "connection_terminated", "UNAVAILABLE", "the pod's connection broke off"],
  timeout: [504, "http_response_timeout", "DEADLINE_EXCEEDED", "the pod did not answer in time"],
  protocol: [501, "http_request_error", "UNIMPLEMENTED", "this cannot be passed on"],
} as const;

type FailureName = keyof typeof failures;

/** RFC 9113, section 7: INTERNAL_ERROR, for an answer that is not whole. */
const internalError = 2;

/** What a client of HTTP/2 is answered, by an endpoint or by the sidecar. */
export class Http2Answer {
  readonly #stream: ServerHttp2Stream;
  readonly #head: Http2Head;
  #status = 0;
  #grpc: GrpcStatusName | undefined;
  #isBroken = false;

  constructor(stream: ServerHttp2Stream, head: Http2Head) {
    this.#stream = stream;
    this.#head = head;
  }

  /**
   * What it came to, for metrics: a status of HTTP, or the name of one of gRPC; 499 or CANCELLED
   * if the client went away first, 502 or UNAVAILABLE if what it got is not whole.
   */
  get code(): string {
    if (this.#head.isGrpc && this.#status === 200) {
      return this.#grpc ?? (this.#isBroken ? "UNAVAILABLE" : "CANCELLED");
    }
    if (this.#isBroken) return "502";
    if (this.#status === 0) return this.#head.isGrpc ? "CANCELLED" : "499";
    return String(this.#status);
  }

  /** The status of HTTP; 0 if there was none. */
  get status(): number {
    return this.#status;
  }

  get isError(): boolean {
    return this.#isBroken || this.#status >= 500 || this.#hasGrpcFailure;
  }

  /** What the whole answer says of the endpoint. */
  get outcome(): "ok" | "serverError" | "gateway" | "cancelled" {
    if (this.#grpc !== undefined) return grpcOutcome(this.#grpc);
    if (this.#status >= 502 && this.#status <= 504) return "gateway";
    return this.#status >= 500 ? "serverError" : "ok";
  }

  /** An endpoint's answer begins; gRPC may have said all that there is already. */
  begin(fields: RawFields): void {
    this.#status = Number(fieldOf(fields, ":status"));
    this.#note(fields);
  }

  end(trailers: RawFields): void {
    this.#note(trailers);
  }

  /** Answers in the place of an endpoint, or breaks off if one has begun to answer. */
  fail(failure: TryFailure | FailureName): void {
    const name = typeof failure === "number" ? "connect" : failure;
    if (this.#stream.destroyed) return;
    if (this.#stream.headersSent) this.breakOff(name);
    else if (this.#head.isGrpc) this.#failGrpc(name);
    else this.#failHttp(name);
  }

  /** An answer that has begun goes no further. Of gRPC that can be said as every failure is. */
  breakOff(why: FailureName | "lost"): void {
    const stream = this.#stream;
    const [, , status, detail] = failures[why === "lost" ? "reset" : why];
    this.#isBroken = true;
    if (stream.destroyed) return;
    if (!this.#head.isGrpc || stream.writableEnded) {
      stream.close(internalError);
      return;
    }
    this.#grpc = status;
    // What was to be said at the end, in place of what the pod would have said.
    stream.removeAllListeners("wantTrailers");
    stream.on("wantTrailers", () => stream.sendTrailers(grpcFields(status, detail)));
    stream.end();
  }

  /** The endpoint's program has broken its stream off. */
  reset(code: number): void {
    if (code !== 0 || !this.#stream.writableEnded) this.#isBroken = true;
    if (!this.#stream.destroyed) this.#stream.close(code);
  }

  get #hasGrpcFailure(): boolean {
    return this.#grpc !== undefined && isGrpcFailure(this.#grpc);
  }

  #note(fields: RawFields): void {
    const status = fieldOf(fields, "grpc-status");
    if (this.#head.isGrpc && status !== "") this.#grpc = grpcStatusName(status);
  }

  /** gRPC, `doc/PROTOCOL-HTTP2.md`: "Trailers-Only". */
  #failGrpc(name: FailureName): void {
    const [, , status, detail] = failures[name];
    this.#status = 200;
    this.#grpc = status;
    const type = { ":status": 200, "content-type": "application/grpc" };
    this.#stream.respond({ ...type, ...grpcFields(status, detail) }, { endStream: true });
  }

  /** `Proxy-Status` tells it from the application's (RFC 9209). */
  #failHttp(name: FailureName): void {
    const [status, error, , detail] = failures[name];
    this.#status = status;
    this.#stream.respond({
      ":status": status,
      "content-type": "text/plain",
      "proxy-status": `beemesh; error=${error}`,
    });
    this.#stream.end(`${detail}\n`);
  }
}

function grpcFields(status: GrpcStatusName, detail: string): Record<string, string> {
  return { "grpc-status": grpcStatusCode(status), "grpc-message": detail };
}

import { Http2Watch, type Meter } from "@beemesh/proxy";
import type { Route } from "@beemesh/workload";

/** How a Service says that HTTP/2 is spoken from the first byte (Kubernetes, `appProtocol`). */
const http2Names = new Set(["kubernetes.io/h2c", "h2c", "http2", "grpc"]);

/** Whether a route's Service says that it speaks HTTP/2. */
export function isHttp2Route(route: Route): boolean {
  return route.kind === "service" && http2Names.has(route.appProtocol.toLowerCase());
}

interface Seen {
  streams: number;
  resets: number;
  goaways: number;
}

export interface Http2TapOptions {
  readonly meter: Meter;
  /** `namespace/name:port`. */
  readonly target: string;
  /** What was read of the program's socket already. */
  readonly first: Uint8Array;
}

/**
 * Looks at the frames of an HTTP/2 connection as they pass, and counts its streams. The bytes go
 * the way that those of any connection go; nobody waits for this.
 */
export class Http2Tap {
  readonly #options: Http2TapOptions;
  readonly #client = new Http2Watch("client");
  readonly #server = new Http2Watch("server");
  readonly #counted: Seen = { streams: 0, resets: 0, goaways: 0 };
  /** Undefined until the first request has told. */
  #protocol: "http2" | "grpc" | undefined;

  constructor(options: Http2TapOptions) {
    this.#options = options;
    this.#client.read(options.first);
  }

  /** What the program says. */
  readClient(bytes: Uint8Array): void {
    this.#client.read(bytes);
    this.#look();
  }

  /** What is said to the program. */
  readServer(bytes: Uint8Array): void {
    this.#server.read(bytes);
    this.#look();
  }

  /** A client's first fields may come in two chunks; with an answer to them they are whole. */
  #look(): void {
    const { meter, target } = this.#options;
    if (this.#protocol === undefined) {
      if (!this.#client.isGrpc && this.#server.counts.streams === 0) return;
      this.#protocol = this.#client.isGrpc ? "grpc" : "http2";
      meter.connectionOpened("out", target, this.#protocol);
    }
    this.#count(this.#protocol);
  }

  #count(protocol: "http2" | "grpc"): void {
    const [client, server] = [this.#client.counts, this.#server.counts];
    const seen: Seen = {
      streams: client.streams,
      resets: client.resets + server.resets,
      goaways: client.goAways + server.goAways,
    };
    for (const what of ["streams", "resets", "goaways"] as const) {
      const more = seen[what] - this.#counted[what];
      this.#counted[what] = seen[what];
      this.#options.meter.http2(what, this.#options.target, protocol, more);
    }
  }

  /** The program's connection is over. */
  close(): void {
    // What was never answered was HTTP/2 all the same, if it began a request.
    if (this.#protocol === undefined && this.#client.counts.streams > 0) {
      this.#count("http2");
    }
    if (this.#protocol !== undefined) this.#options.meter.connectionClosed("out");
  }
}

import type { ClientHttp2Stream, ServerHttp2Stream } from "node:http2";
import { fieldsByName, type RawFields, type Series } from "@beemesh/proxy";

export interface Http2RelayOptions {
  /** Bytes of the answer's body. */
  readonly sent: Series;
  /** The last fields of the request; empty if there are none. */
  readonly requestTrailers: () => RawFields;
}

/**
 * Joins the stream of a client with that of one try: bodies with back-pressure, trailers, interim
 * answers. Who decides whether the try is the one that counts is `Http2Request`.
 */
export class Http2Relay {
  readonly #client: ServerHttp2Stream;
  readonly #pod: ClientHttp2Stream;
  readonly #options: Http2RelayOptions;
  #isWhole = false;
  #hasResponded = false;
  #awaitsTrailers = false;
  #trailers: RawFields = [];

  constructor(client: ServerHttp2Stream, pod: ClientHttp2Stream, options: Http2RelayOptions) {
    this.#client = client;
    this.#pod = pod;
    this.#options = options;
    pod.on("error", () => {});
    pod.on("drain", () => client.resume());
    pod.on("wantTrailers", () => pod.sendTrailers(fieldsByName(options.requestTrailers())));
    pod.on("continue", () => this.#interim([":status", "100"]));
    pod.on("headers", (_headers, _flags, fields: RawFields) => this.#interim(fields));
    pod.on("trailers", (_headers, _flags, fields: RawFields) => {
      this.#trailers = fields;
    });
  }

  /** Whether the pod has said all that it had to say. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether the answer's last fields are still to be sent to the client. */
  get awaitsTrailers(): boolean {
    return this.#awaitsTrailers;
  }

  /** The last fields of the answer; empty if there are none. */
  get trailers(): RawFields {
    return this.#trailers;
  }

  /** Passes a part of the request's body on. */
  send(chunk: Buffer): void {
    const pod = this.#pod;
    if (pod.destroyed || pod.writableEnded) return;
    if (!pod.write(chunk)) this.#client.pause();
  }

  endRequest(): void {
    if (!this.#pod.destroyed) this.#pod.end();
  }

  /** Passes the answer on, from its head to its end. */
  respond(fields: RawFields, isEnd: boolean): void {
    const client = this.#client;
    const pod = this.#pod;
    if (client.destroyed || client.headersSent) return;
    this.#hasResponded = true;
    // What the pod says of the date is passed on, and nothing is added; the types do not know it.
    const options = { endStream: isEnd, waitForTrailers: !isEnd, sendDate: false };
    client.respond([...fields], options);
    pod.on("end", () => this.#onEnd());
    if (isEnd) {
      pod.resume();
      return;
    }
    this.#awaitsTrailers = true;
    client.on("wantTrailers", () => {
      this.#awaitsTrailers = false;
      client.sendTrailers(fieldsByName(this.#trailers));
    });
    client.on("drain", () => pod.resume());
    pod.on("data", (chunk: Buffer) => {
      this.#options.sent.add(chunk.length);
      if (!client.destroyed && !client.write(chunk)) pod.pause();
    });
  }

  /**
   * An end that is a breaking off comes with a code of its own, and is none. Who says trailers has
   * said all, even if it wants to hear no more of the request.
   */
  #onEnd(): void {
    const pod = this.#pod;
    if (pod.rstCode !== 0 || (pod.aborted && this.#trailers.length === 0)) return;
    this.#isWhole = true;
    if (!this.#client.destroyed && !this.#client.writableEnded) this.#client.end();
  }

  #interim(fields: RawFields): void {
    const client = this.#client;
    if (this.#hasResponded || client.destroyed || client.headersSent) return;
    client.additionalHeaders(fieldsByName(fields));
  }
}

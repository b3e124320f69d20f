import { elapsedMs, type Instant } from "@beemesh/base";
import type { RequestHead, ResponseHead } from "./http-head.ts";
import type { HttpPart } from "./http-reader.ts";
import { ResponseReader } from "./response-reader.ts";

/** One try of a request: a connection to an endpoint, and what came back. */
export class Upstream {
  readonly id: number;
  readonly uid: string;
  readonly startedAt: Instant;
  readonly #reader = new ResponseReader();
  #sentAt: Instant | undefined;
  #response: ResponseHead | undefined;
  #latencyMs: number | undefined;
  #isReusable = true;
  /** Whether it takes no bytes at the moment. */
  isFull = false;
  /** Whether it was told that nothing more comes. */
  isEnded = false;

  constructor(id: number, uid: string, startedAt: Instant) {
    this.id = id;
    this.uid = uid;
    this.startedAt = startedAt;
  }

  /** When the request's head was written; undefined while there is no connection. */
  get sentAt(): Instant | undefined {
    return this.#sentAt;
  }

  /** What the client is being answered with. */
  get response(): ResponseHead | undefined {
    return this.#response;
  }

  /** Whether the connection can take another request after this response. */
  get isReusable(): boolean {
    if (this.isEnded || !this.#isReusable) return false;
    return this.#response?.keepAlive === true && this.#reader.isIdle;
  }

  send(request: RequestHead, now: Instant): void {
    this.#sentAt = now;
    this.#reader.expect(request);
  }

  read(bytes: Uint8Array): HttpPart<ResponseHead>[] {
    const parts = this.#reader.read(bytes);
    // What nobody asked for would be taken for the answer to the next request.
    if (parts.at(-1)?.kind === "rest") this.#isReusable = false;
    return parts;
  }

  /** The connection's end: the end of a response without a length, or a failure. */
  end(): HttpPart<ResponseHead>[] {
    this.#isReusable = false;
    return this.#reader.end();
  }

  respond(head: ResponseHead, now: Instant): void {
    this.#response = head;
    this.#latencyMs = elapsedMs(this.#sentAt ?? this.startedAt, now);
  }

  /** To the response's head; if there is none, until now. */
  latencyAt(now: Instant): number {
    return this.#latencyMs ?? elapsedMs(this.startedAt, now);
  }
}

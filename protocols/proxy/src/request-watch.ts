import type { Now, Random } from "@beemesh/base";
import type { RequestHead } from "./http-head.ts";
import { requestReader } from "./request-reader.ts";
import { type RequestTrace, requestSpan, traceOf } from "./request-trace.ts";
import { ResponseReader } from "./response-reader.ts";
import { sniff, sniffBytesMax } from "./sniff.ts";
import type { Span } from "./span.ts";

/** Requests without an answer on one connection: a client that sends more is not followed. */
const askedMax = 64;

interface Asked {
  readonly head: RequestHead;
  readonly started: Now;
  readonly trace: RequestTrace | undefined;
  status: number;
}

/**
 * Follows a connection of HTTP/1.1 where the program that is called stands, and gives a span of
 * kind `server` for each request in a trace that is recorded. It only looks: the bytes pass as
 * they are, nobody waits for it, and what it cannot read it does not follow any further.
 */
export class RequestWatch {
  readonly #random: Random;
  readonly #requests = requestReader();
  readonly #responses = new ResponseReader();
  readonly #asked: Asked[] = [];
  #first: Uint8Array | undefined = new Uint8Array(0);
  #isLost = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether it follows no more: what it would be told is of no use. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Bytes to the program. They are kept for a while: their buffers must not be used again. */
  toProgram(bytes: Uint8Array, now: Now): void {
    const rest = this.#isLost ? undefined : this.#afterSniffing(bytes);
    for (let piece = rest; piece !== undefined && !this.#isLost; ) {
      const parts = this.#requests.read(piece);
      piece = undefined;
      for (const part of parts) {
        if (part.kind === "head") this.#ask(part.head, now);
        else if (part.kind === "rest") piece = part.bytes;
        else if (part.kind === "malformed" || part.kind === "raw") this.#lose();
      }
    }
  }

  /** Bytes of the program. @returns Spans of the requests whose answers are whole. */
  fromProgram(bytes: Uint8Array, now: Now): readonly Span[] {
    const spans: Span[] = [];
    for (let piece: Uint8Array | undefined = bytes; piece !== undefined && !this.#isLost; ) {
      // Who speaks first speaks no HTTP.
      if (this.#asked.length === 0) this.#lose();
      const parts: ReturnType<ResponseReader["read"]> = this.#isLost
        ? []
        : this.#responses.read(piece);
      piece = undefined;
      for (const part of parts) {
        const [asked] = this.#asked;
        if (part.kind === "head" && asked !== undefined) asked.status = part.head.status;
        else if (part.kind === "end") spans.push(...this.#finish(now));
        else if (part.kind === "rest") piece = part.bytes;
        else if (part.kind === "malformed" || part.kind === "raw") this.#lose();
      }
    }
    return spans;
  }

  /** The first bytes until they say that this is HTTP, and then all. */
  #afterSniffing(bytes: Uint8Array): Uint8Array | undefined {
    const before = this.#first;
    if (before === undefined) return bytes;
    const first = new Uint8Array(before.length + bytes.length);
    first.set(before);
    first.set(bytes, before.length);
    const sniffed = sniff(first.subarray(0, sniffBytesMax));
    if (sniffed === "more") {
      this.#first = first;
      return undefined;
    }
    this.#first = undefined;
    if (sniffed === "http1") return first;
    this.#lose();
    return undefined;
  }

  #ask(head: RequestHead, started: Now): void {
    if (this.#asked.length >= askedMax) {
      this.#lose();
      return;
    }
    this.#responses.expect(head);
    const trace = traceOf(head.traceparent, 0, this.#random);
    this.#asked.push({ head, started, trace, status: 0 });
  }

  #finish(now: Now): readonly Span[] {
    const asked = this.#asked.shift();
    if (asked?.trace === undefined) return [];
    const { head, started, trace, status } = asked;
    return [
      requestSpan(trace, {
        kind: "server",
        started,
        durationMs: now.at - started.at,
        method: head.method,
        path: head.target,
        host: head.host,
        isError: status >= 500,
        more: { "http.response.status_code": status },
      }),
    ];
  }

  #lose(): void {
    this.#isLost = true;
    this.#first = undefined;
    this.#asked.length = 0;
  }
}

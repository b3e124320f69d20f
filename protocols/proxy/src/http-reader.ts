import { ChunkedBody } from "./chunked-body.ts";
import { HeadBuffer } from "./head-buffer.ts";
import type { HttpFault } from "./http-fields.ts";
import type { HttpHead } from "./http-head.ts";

/** A part of a message. All bytes are ranges of the input; only a head in pieces is gathered. */
export type HttpPart<Head extends HttpHead> =
  | { readonly kind: "head"; readonly head: Head }
  /** A response before the response: 100, 102, 103. */
  | { readonly kind: "interim"; readonly head: Head }
  /** Bytes of the body as they came, with the chunks' sizes and the trailers. */
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  /** Bytes of another protocol: after 101, or through CONNECT. */
  | { readonly kind: "raw"; readonly bytes: Uint8Array }
  /** Bytes after the message's end, for the next `read`. Always the last part. */
  | { readonly kind: "rest"; readonly bytes: Uint8Array }
  /** No message, or one that others could read differently. Nothing is read afterwards. */
  | ({ readonly kind: "malformed" } & HttpFault);

/** How the end of a body is known: a count of bytes, or one of these. */
export type Framing =
  | number
  | "chunked"
  | "close"
  | "raw"
  | "interim"
  | { readonly fault: HttpFault };

/** What sets requests and responses apart. */
export interface ReaderRole<Head extends HttpHead> {
  readonly blankLinesMax: number;
  readonly readHead: (bytes: Uint8Array) => Head | HttpFault;
  readonly framingOf: (head: Head) => Framing;
  /** The fault as the client of the proxy is told. */
  readonly faultOf: (fault: HttpFault) => HttpFault;
}

/**
 * Reads one direction of an HTTP/1 connection (RFC 9112): where messages begin and end, and what
 * is in their heads. Bytes are not changed, and bodies are not gathered.
 *
 * `read` stops at the end of each message, so that whoever answers in order need not keep parts
 * of later messages: what follows is the part `rest`, to be read when its time has come.
 */
export class HttpReader<Head extends HttpHead> {
  readonly #role: ReaderRole<Head>;
  readonly #head: HeadBuffer;
  #state: "head" | "length" | "chunked" | "close" | "raw" | "failed" = "head";
  #remaining = 0;
  #chunked = new ChunkedBody();

  constructor(role: ReaderRole<Head>) {
    this.#role = role;
    this.#head = new HeadBuffer(role.blankLinesMax);
  }

  /** Whether the reader stands between two messages, with nothing of the next one. */
  get isIdle(): boolean {
    return this.#state === "head" && this.#head.size === 0;
  }

  /** Reads what came next. At most one message ends in it. */
  read(chunk: Uint8Array): HttpPart<Head>[] {
    const parts: HttpPart<Head>[] = [];
    let at = 0;
    while (at < chunk.length && this.#state === "head") {
      at = this.#readHead(chunk, at, parts);
      if (parts.at(-1)?.kind === "end") {
        addRest(parts, chunk, at);
        return parts;
      }
    }
    if (at < chunk.length) this.#readBody(chunk, at, parts);
    return parts;
  }

  /** Tells that nothing more comes. A message that needs more is malformed. */
  end(): HttpPart<Head>[] {
    if (this.#state === "close") {
      this.#state = "head";
      return [{ kind: "end" }];
    }
    if (this.#state === "raw" || this.#state === "failed" || this.isIdle) return [];
    return [this.#fail({ status: 400, reason: "ended in the middle of a message" })];
  }

  /** From now on all bytes are another protocol's: the other direction has agreed to that. */
  becomeRaw(): void {
    this.#state = "raw";
  }

  #readHead(chunk: Uint8Array, at: number, parts: HttpPart<Head>[]): number {
    const taken = this.#head.take(chunk, at);
    if (taken.kind === "more") return chunk.length;
    if (taken.kind === "fault") {
      parts.push(this.#fail(taken.fault));
      return chunk.length;
    }
    const head = this.#role.readHead(taken.bytes);
    if ("reason" in head) parts.push(this.#fail(head));
    else this.#begin(head, parts);
    return taken.next;
  }

  #begin(head: Head, parts: HttpPart<Head>[]): void {
    const framing = this.#role.framingOf(head);
    if (typeof framing === "object") {
      parts.push(this.#fail(framing.fault));
    } else if (framing === "interim") {
      parts.push({ kind: "interim", head });
    } else {
      parts.push({ kind: "head", head });
      if (framing === 0) parts.push({ kind: "end" });
      else if (typeof framing === "string") this.#state = framing;
      else this.#state = "length";
      if (typeof framing === "number") this.#remaining = framing;
      if (framing === "chunked") this.#chunked = new ChunkedBody();
    }
  }

  #readBody(chunk: Uint8Array, at: number, parts: HttpPart<Head>[]): void {
    if (this.#state === "length") {
      const end = Math.min(chunk.length, at + this.#remaining);
      this.#remaining -= end - at;
      parts.push({ kind: "body", bytes: chunk.subarray(at, end) });
      if (this.#remaining === 0) this.#finish(chunk, end, parts);
    } else if (this.#state === "chunked") {
      const end = this.#chunked.follow(chunk, at);
      if (end > at) parts.push({ kind: "body", bytes: chunk.subarray(at, end) });
      if (this.#chunked.fault !== undefined) parts.push(this.#fail(this.#chunked.fault));
      else if (this.#chunked.isDone) this.#finish(chunk, end, parts);
    } else if (this.#state === "close") {
      parts.push({ kind: "body", bytes: chunk.subarray(at) });
    } else if (this.#state === "raw") {
      parts.push({ kind: "raw", bytes: chunk.subarray(at) });
    }
  }

  #finish(chunk: Uint8Array, at: number, parts: HttpPart<Head>[]): void {
    this.#state = "head";
    parts.push({ kind: "end" });
    addRest(parts, chunk, at);
  }

  #fail(fault: HttpFault): HttpPart<Head> {
    this.#state = "failed";
    return { kind: "malformed", ...this.#role.faultOf(fault) };
  }
}

function addRest<Head extends HttpHead>(
  parts: HttpPart<Head>[],
  chunk: Uint8Array,
  at: number,
): void {
  if (at < chunk.length) parts.push({ kind: "rest", bytes: chunk.subarray(at) });
}

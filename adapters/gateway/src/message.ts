import type { IncomingHttpHeaders } from "node:http";
import type { Readable, Writable } from "node:stream";

/** A request, of HTTP/1.1 or HTTP/2: what their classes in Node have in common. */
export interface Incoming extends Readable {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders?: readonly string[];
}

/** An answer, of HTTP/1.1 or HTTP/2. */
export interface Outgoing extends Writable {
  statusCode: number;
  readonly socket?: { readonly remoteAddress?: string | undefined } | null;
  readonly headersSent: boolean;
  setHeader(name: string, value: string | readonly string[]): unknown;
  /** HTTP/2's answers are flushed by this alone. */
  writeHead(status: number): unknown;
  /** HTTP/1.1 keeps the head back until this. */
  flushHeaders?(): void;
}

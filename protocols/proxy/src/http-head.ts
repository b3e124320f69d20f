import { skipClass, textOf } from "./ascii.ts";
import { type FieldFacts, type HttpFault, readFields } from "./http-fields.ts";

/** The head of a message as it came, and what of it matters to a proxy. */
export interface HttpHead {
  /** First line, fields and the empty line, unchanged. */
  readonly bytes: Uint8Array;
  /**
   * Where the fields are in `bytes`, four numbers a field: the name's start and end, the value's
   * start and end. `valuesOf` reads them.
   */
  readonly fields: readonly number[];
  /** The minor version of HTTP/1. */
  readonly minor: 0 | 1;
  readonly contentLength: number | undefined;
  readonly isChunked: boolean;
  /** Whether the connection can carry another message, as far as this head says. */
  readonly keepAlive: boolean;
  /** What `Upgrade` offers or takes; empty without, and without `Connection: upgrade`. */
  readonly upgrade: string;
}

export interface RequestHead extends HttpHead {
  readonly method: string;
  readonly target: string;
  /** `Host`, as written; empty without. */
  readonly host: string;
  readonly te: string;
  readonly expectsContinue: boolean;
  /** As written, unchecked; empty without, or if there are several. */
  readonly traceparent: string;
}

export interface ResponseHead extends HttpHead {
  readonly status: number;
}

/** Longest method; the longest that is registered has 17 letters. */
const methodLengthMax = 32;

/**
 * Reads the head of a request. Strict where two readers could see two different messages.
 *
 * @param bytes - A whole head: every LF has a CR before it, and the last line is empty.
 */
export function readRequestHead(bytes: Uint8Array): RequestHead | HttpFault {
  const lineEnd = bytes.indexOf(10) - 1;
  const methodEnd = skipClass(bytes, 0, lineEnd, "token");
  const targetEnd = skipClass(bytes, methodEnd + 1, lineEnd, "target");
  if (methodEnd === 0 || methodEnd > methodLengthMax || bytes[methodEnd] !== 32) {
    return { status: 400, reason: "no method" };
  }
  if (targetEnd === methodEnd + 1 || bytes[targetEnd] !== 32) {
    return { status: 400, reason: "no request target" };
  }
  const minor = minorOf(bytes, targetEnd + 1, lineEnd);
  if (minor === undefined) return { status: 400, reason: "not HTTP/1.0 or HTTP/1.1" };
  const facts = readFields(bytes, lineEnd + 2);
  if ("status" in facts) return facts;
  const fault = requestFaultOf(facts, minor);
  if (fault !== undefined) return fault;
  return {
    ...commonOf(bytes, facts, minor),
    method: textOf(bytes, 0, methodEnd),
    target: textOf(bytes, methodEnd + 1, targetEnd),
    host: facts.host,
    te: facts.te,
    expectsContinue: minor === 1 && facts.expect === "100-continue",
    traceparent: facts.traceparents === 1 ? facts.traceparent : "",
  };
}

/**
 * Reads the head of a response; the status of a fault is 502, which a client is told.
 *
 * @param bytes - As of {@link readRequestHead}.
 */
export function readResponseHead(bytes: Uint8Array): ResponseHead | HttpFault {
  const lineEnd = bytes.indexOf(10) - 1;
  const minor = minorOf(bytes, 0, 8);
  const status = lineEnd < 12 ? "" : textOf(bytes, 8, 12);
  const isEnd = lineEnd === 12 || bytes[12] === 32;
  if (minor === undefined || !isEnd || !/^ [1-9]\d\d$/u.test(status)) {
    return { status: 502, reason: "no status line" };
  }
  if (skipClass(bytes, 12, lineEnd, "value") !== lineEnd) {
    return { status: 502, reason: "malformed reason phrase" };
  }
  const facts = readFields(bytes, lineEnd + 2);
  if ("reason" in facts) return { status: 502, reason: facts.reason };
  const fault = framingFaultOf(facts, minor);
  if (fault !== undefined) return { status: 502, reason: fault.reason };
  return { ...commonOf(bytes, facts, minor), status: Number(status) };
}

/** The values of a field in order, as text. `name` is lower case. */
export function valuesOf(head: HttpHead, name: string): string[] {
  const { bytes, fields } = head;
  const values: string[] = [];
  for (let at = 0; at < fields.length; at += 4) {
    const [start = 0, end = 0, from = 0, to = 0] = fields.slice(at, at + 4);
    if (end - start !== name.length || textOf(bytes, start, end).toLowerCase() !== name) continue;
    values.push(textOf(bytes, from, to));
  }
  return values;
}

function commonOf(bytes: Uint8Array, facts: FieldFacts, minor: 0 | 1): HttpHead {
  const options = facts.connection.split(",").map((option) => option.trim());
  const isClosing = options.includes("close");
  const isKept = minor === 1 || options.includes("keep-alive");
  return {
    bytes,
    fields: facts.fields,
    minor,
    contentLength: facts.lengths === 1 ? facts.contentLength : undefined,
    isChunked: facts.coding === "chunked",
    keepAlive: isKept && !isClosing,
    upgrade: options.includes("upgrade") ? facts.upgrade : "",
  };
}

/** `HTTP/1.0` or `HTTP/1.1` from `start` to `end`, and nothing else. */
function minorOf(bytes: Uint8Array, start: number, end: number): 0 | 1 | undefined {
  if (end - start !== 8) return undefined;
  const text = textOf(bytes, start, end);
  if (text === "HTTP/1.1") return 1;
  return text === "HTTP/1.0" ? 0 : undefined;
}

function requestFaultOf(facts: FieldFacts, minor: 0 | 1): HttpFault | undefined {
  const isOneHost = facts.hosts === 1 || (facts.hosts === 0 && minor === 0);
  if (!isOneHost) return { status: 400, reason: "not one Host" };
  if (/[\s,/?#@\\]/u.test(facts.host)) return { status: 400, reason: "malformed Host" };
  return framingFaultOf(facts, minor);
}

/** RFC 9112, sections 6.1 and 6.3: what could be read as two different lengths is refused. */
function framingFaultOf(facts: FieldFacts, minor: 0 | 1): HttpFault | undefined {
  const { lengths, codings, coding } = facts;
  if (facts.fault !== undefined) return facts.fault;
  if (lengths > 1) return { status: 400, reason: "several Content-Length" };
  if (codings === 0) return undefined;
  if (lengths > 0) return { status: 400, reason: "Content-Length beside Transfer-Encoding" };
  if (minor === 0) return { status: 400, reason: "Transfer-Encoding in HTTP/1.0" };
  if (codings > 1) return { status: 400, reason: "several Transfer-Encoding" };
  if (coding === "chunked") return undefined;
  return /^[a-z0-9-]+(?:, ?chunked)?$/u.test(coding) && coding !== "identity"
    ? { status: 501, reason: "unknown Transfer-Encoding" }
    : { status: 400, reason: "malformed Transfer-Encoding" };
}

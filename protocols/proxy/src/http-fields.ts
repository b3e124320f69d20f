import { skipClass, textOf } from "./ascii.ts";

/** Why a message cannot be passed on, and the status that answers it. */
export interface HttpFault {
  readonly status: 400 | 431 | 501 | 502;
  readonly reason: string;
}

/** Fields of one head; Apache takes 100, what a browser sends with all its cookies is under 60. */
export const headersMax = 128;

/** What the fields of one head say, gathered in one pass. Texts are lower case but the host. */
export interface FieldFacts {
  readonly fields: readonly number[];
  hosts: number;
  host: string;
  lengths: number;
  contentLength: number;
  codings: number;
  coding: string;
  connection: string;
  upgrade: string;
  expect: string;
  te: string;
  traceparents: number;
  traceparent: string;
  fault: HttpFault | undefined;
}

/** Lengths of the names that {@link note} knows: others are not even made text. */
const nameLengths = new Set([2, 4, 6, 7, 10, 11, 14, 17]);

/**
 * Reads the fields of a head (RFC 9112, section 5), strictly: no folded lines, no space before a
 * colon, no control characters.
 *
 * @param bytes - A whole head; its last two bytes are the empty line.
 * @param start - Where the first field's line begins.
 */
export function readFields(bytes: Uint8Array, start: number): FieldFacts | HttpFault {
  const fields: number[] = [];
  const facts = emptyFacts(fields);
  const end = bytes.length - 2;
  let at = start;
  while (at < end) {
    const lineEnd = bytes.indexOf(10, at) - 1;
    const colon = skipClass(bytes, at, lineEnd, "token");
    if (colon === at || bytes[colon] !== 58) return { status: 400, reason: "malformed field name" };
    const valueStart = skipSpace(bytes, colon + 1, lineEnd);
    if (skipClass(bytes, valueStart, lineEnd, "value") !== lineEnd) {
      return { status: 400, reason: "malformed field value" };
    }
    const valueEnd = trimSpace(bytes, valueStart, lineEnd);
    if (fields.length === headersMax * 4) return { status: 431, reason: "too many fields" };
    fields.push(at, colon, valueStart, valueEnd);
    if (nameLengths.has(colon - at)) {
      note(facts, textOf(bytes, at, colon).toLowerCase(), () =>
        textOf(bytes, valueStart, valueEnd),
      );
    }
    at = lineEnd + 2;
  }
  return facts;
}

function emptyFacts(fields: readonly number[]): FieldFacts {
  return {
    fields,
    hosts: 0,
    host: "",
    lengths: 0,
    contentLength: 0,
    codings: 0,
    coding: "",
    connection: "",
    upgrade: "",
    expect: "",
    te: "",
    traceparents: 0,
    traceparent: "",
    fault: undefined,
  };
}

function note(facts: FieldFacts, name: string, valueOf: () => string): void {
  switch (name) {
    case "host":
      facts.hosts += 1;
      facts.host = valueOf();
      break;
    case "content-length":
      noteLength(facts, valueOf());
      break;
    case "transfer-encoding":
      facts.codings += 1;
      facts.coding = valueOf().toLowerCase();
      break;
    case "connection":
      facts.connection += `,${valueOf().toLowerCase()}`;
      break;
    case "traceparent":
      facts.traceparents += 1;
      facts.traceparent = valueOf();
      break;
    case "upgrade":
    case "expect":
    case "te":
      facts[name] = valueOf().toLowerCase();
      break;
    default:
  }
}

/** Digits alone, and few enough that the number is exact: no sign, no list, no hexadecimal. */
function noteLength(facts: FieldFacts, text: string): void {
  facts.lengths += 1;
  if (/^\d{1,15}$/u.test(text)) facts.contentLength = Number(text);
  else facts.fault = { status: 400, reason: "malformed Content-Length" };
}

/**
 * Spaces alone: a tab around a value stays in it, so that a length or a coding beside one, which
 * some parsers take and some do not, is refused.
 */
function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 32) at += 1;
  return at;
}

function trimSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] === 32) at -= 1;
  return at;
}

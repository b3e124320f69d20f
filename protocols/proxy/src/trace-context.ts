import type { Random } from "@beemesh/base";

/** Where in a trace a request stands. */
export interface TraceContext {
  /** 32 hexadecimal digits, lower case, not all zero. */
  readonly traceId: string;
  /** 16 digits, of the same kind. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u;

/** Longest `traceparent` that is read: a later version may add to the 55 of version 00. */
const traceparentLengthMax = 512;

/**
 * Reads a `traceparent`.
 *
 * Source: W3C Trace Context, section 3.2; a later version is read as far as version 00 goes.
 */
export function readTraceparent(text: string): TraceContext | undefined {
  if (text.length > traceparentLengthMax) return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] = pattern.exec(text) ?? [];
  if (version === undefined || version === "ff") return undefined;
  if (version === "00" && more !== undefined) return undefined;
  if (/^0+$/u.test(traceId) || /^0+$/u.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** `00-<trace>-<span>-<flags>`: 55 characters. */
export function traceparentOf({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}

/** A new trace. */
export function newTrace(random: Random, isSampled: boolean): TraceContext {
  return { traceId: hexOf(random, 4), spanId: hexOf(random, 2), isSampled };
}

/** A span inside another: same trace, same decision about sampling. */
export function childOf(parent: TraceContext, random: Random): TraceContext {
  return { ...parent, spanId: hexOf(random, 2) };
}

/** Random digits, eight a word, never all zero. */
function hexOf(random: Random, words: number): string {
  let text = "";
  for (let word = 0; word < words; word += 1) {
    text += random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, "0");
  }
  return /^0+$/u.test(text) ? `${text.slice(1)}1` : text;
}

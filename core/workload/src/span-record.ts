import { isJsonObject, type Json } from "@beemesh/wire";
import { textOf } from "./reader.ts";

/** One piece of work in a trace, as a sidecar hands it to its machine. */
export interface SpanRecord {
  /** Source: W3C Trace Context, section 3.2. */
  readonly context: {
    readonly traceId: string;
    readonly spanId: string;
    readonly isSampled: boolean;
  };
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "client" | "server";
  /** Milliseconds since 1970. */
  readonly startWallMs: number;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
}

/** Spans of one message: some 30 KB, an eighth of the longest line. */
export const spansMax = 64;

/** A span of HTTP has six; more come from no sidecar. */
const attributesMax = 16;

/** Longest name of an attribute; those of OpenTelemetry have some thirty characters. */
const attributeNameLengthMax = 64;

/** Reads a span that came through a channel; undefined if it is malformed. */
export function readSpanRecord(json: Json | undefined): SpanRecord | undefined {
  if (!isJsonObject(json)) return undefined;
  const { kind, isError, startWallMs, durationMs } = json;
  const context = contextOf(json["context"]);
  const parentSpanId = json["parentSpanId"] === "" ? "" : hexOf(json["parentSpanId"], 16);
  const name = textOf(json["name"]);
  const attributes = attributesOf(json["attributes"]);
  if (context === undefined || parentSpanId === undefined) return undefined;
  if (name === undefined || attributes === undefined) return undefined;
  if (kind !== "client" && kind !== "server") return undefined;
  if (typeof isError !== "boolean" || !isMs(startWallMs) || !isMs(durationMs)) return undefined;
  return { context, parentSpanId, name, kind, startWallMs, durationMs, attributes, isError };
}

function contextOf(json: Json | undefined): SpanRecord["context"] | undefined {
  if (!isJsonObject(json)) return undefined;
  const [traceId, spanId] = [hexOf(json["traceId"], 32), hexOf(json["spanId"], 16)];
  const { isSampled } = json;
  if (traceId === undefined || spanId === undefined) return undefined;
  return typeof isSampled === "boolean" ? { traceId, spanId, isSampled } : undefined;
}

function hexOf(json: Json | undefined, digits: number): string | undefined {
  const isHex = typeof json === "string" && json.length === digits && /^[0-9a-f]+$/u.test(json);
  return isHex ? json : undefined;
}

/** Milliseconds whose nanoseconds OTLP can say: up to the year 2200. */
function isMs(json: Json | undefined): json is number {
  return typeof json === "number" && json >= 0 && json < 7.3e12;
}

function attributesOf(json: Json | undefined): SpanRecord["attributes"] | undefined {
  if (!isJsonObject(json)) return undefined;
  const entries = Object.entries(json);
  if (entries.length > attributesMax) return undefined;
  const read: [string, string | number | boolean][] = [];
  for (const [name, value] of entries) {
    if (name.length > attributeNameLengthMax) return undefined;
    if (typeof value === "string" && textOf(value) === undefined) return undefined;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return undefined;
    }
    read.push([name, value]);
  }
  return Object.fromEntries(read);
}

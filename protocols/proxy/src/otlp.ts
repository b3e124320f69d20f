import type { Span } from "./span.ts";

const kinds = { server: 2, client: 3 } as const;
const errorStatus = 2;

/**
 * Spans as the body of a request to `/v1/traces` of a collector, `application/json`.
 *
 * Source: OTLP 1.3, "JSON Protobuf Encoding": ids in hexadecimal, 64-bit numbers as text, enums as
 * numbers.
 *
 * @param resource - What the spans are of, such as `service.name` and `k8s.pod.name`.
 */
export function otlpJson(
  spans: readonly Span[],
  resource: Readonly<Record<string, string>>,
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: "beemesh" }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf(span: Span): object {
  const { context, parentSpanId, name, kind, startWallMs, durationMs, attributes, isError } = span;
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parentSpanId === "" ? {} : { parentSpanId }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanosOf(startWallMs),
    endTimeUnixNano: nanosOf(startWallMs + durationMs),
    attributes: attributesOf(attributes),
    status: isError ? { code: errorStatus } : {},
  };
}

/** A number of nanoseconds is over 2^53, so it is made of text: milliseconds and six digits. */
function nanosOf(wallMs: number): string {
  const whole = Math.floor(wallMs);
  const rest = Math.floor((wallMs - whole) * 1e6);
  return `${whole}${String(rest).padStart(6, "0")}`;
}

function attributesOf(
  values: Readonly<Record<string, string | number | boolean>>,
): readonly object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

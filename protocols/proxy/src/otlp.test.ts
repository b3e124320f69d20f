import assert from "node:assert/strict";
import { test } from "node:test";
import { otlpJson } from "./otlp.ts";

test("spans are written as OTLP wants its JSON", () => {
  const context = { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true };
  const text = otlpJson(
    [
      {
        context,
        parentSpanId: "c".repeat(16),
        name: "GET",
        kind: "client",
        startWallMs: 1_796_000_000_000.25,
        durationMs: 2.5,
        attributes: { path: "/", status: 503, share: 0.5, again: true },
        isError: true,
      },
      {
        context,
        parentSpanId: "",
        name: "GET",
        kind: "server",
        startWallMs: 1,
        durationMs: 0,
        attributes: {},
        isError: false,
      },
    ],
    { "service.name": "web" },
  );
  assert.deepEqual(JSON.parse(text), {
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "web" } }] },
        scopeSpans: [
          {
            scope: { name: "beemesh" },
            spans: [
              {
                traceId: "a".repeat(32),
                spanId: "b".repeat(16),
                parentSpanId: "c".repeat(16),
                name: "GET",
                kind: 3,
                startTimeUnixNano: "1796000000000250000",
                endTimeUnixNano: "1796000000002750000",
                attributes: [
                  { key: "path", value: { stringValue: "/" } },
                  { key: "status", value: { intValue: "503" } },
                  { key: "share", value: { doubleValue: 0.5 } },
                  { key: "again", value: { boolValue: true } },
                ],
                status: { code: 2 },
              },
              {
                traceId: "a".repeat(32),
                spanId: "b".repeat(16),
                name: "GET",
                kind: 2,
                startTimeUnixNano: "1000000",
                endTimeUnixNano: "1000000",
                attributes: [],
                status: {},
              },
            ],
          },
        ],
      },
    ],
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import { readSpanRecord, type SpanRecord } from "./span-record.ts";

const span: SpanRecord = {
  context: { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true },
  parentSpanId: "",
  name: "GET",
  kind: "client",
  startWallMs: 1.5,
  durationMs: 0.25,
  attributes: { "http.request.method": "GET", "http.response.status_code": 200, retried: false },
  isError: false,
};

const copyOf = (value: object): Json => JSON.parse(JSON.stringify(value));

describe("a span that came through a channel", () => {
  test("is read as it was sent", () => {
    assert.deepEqual(readSpanRecord(copyOf(span)), span);
    const child = { ...span, parentSpanId: "c".repeat(16), kind: "server" } as const;
    assert.deepEqual(readSpanRecord(copyOf(child)), child);
  });

  for (const [what, change] of [
    ["no context", { context: 1 }],
    ["a short trace", { context: { ...span.context, traceId: "a" } }],
    ["a parent that is no id", { parentSpanId: "x" }],
    ["another kind", { kind: "x" }],
    ["a time that no clock shows", { startWallMs: 1e15 }],
    ["a duration that is negative", { durationMs: -1 }],
    ["an attribute that is a list", { attributes: { a: [] } }],
    ["an attribute that is too long", { attributes: { a: "x".repeat(2000) } }],
    ["an attribute whose name is too long", { attributes: { ["x".repeat(65)]: 1 } }],
    ["many attributes", { attributes: Object.fromEntries(Array(17).fill(1).entries()) }],
    ["no word of failure", { isError: 1 }],
    ["a name that is too long", { name: "x".repeat(2000) }],
  ] as const)
    test(`is not read with ${what}`, () => {
      assert.equal(readSpanRecord(copyOf({ ...span, ...change })), undefined);
    });
});

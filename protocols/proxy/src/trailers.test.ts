import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf } from "./ascii.ts";
import { headersMax } from "./http-fields.ts";
import { Trailers } from "./trailers.ts";

function follow(text: string): string {
  const trailers = new Trailers();
  for (const byte of bytesOf(text)) {
    trailers.step(byte);
    if (trailers.fault !== undefined) return `${trailers.fault.status} ${trailers.fault.reason}`;
  }
  return trailers.isDone ? "done" : "more";
}

describe("Trailers", () => {
  for (const [text, expected] of [
    ["\r\n", "done"],
    ["Grpc-Status: 0\r\n\r\n", "done"],
    ["A: b\r\n", "more"],
    ["\r\r", "400 bare CR"],
    ["A: b\r\r\n", "400 bare CR"],
    ["A: b\n", "400 malformed trailer"],
    [" A: b\r\n", "400 malformed trailer"],
    ["A b: c\r\n", "400 malformed trailer"],
    ["a: b\r\n".repeat(headersMax + 1), "431 too many trailers"],
    [`a: ${"b".repeat(70_000)}`, "431 trailers too large"],
  ] as const)
    test(`${JSON.stringify(text.slice(0, 24))} is ${expected}`, () => {
      assert.equal(follow(text), expected);
    });
});

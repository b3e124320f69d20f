import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf } from "./ascii.ts";
import { ChunkedBody } from "./chunked-body.ts";

/** How far a body goes in `text`, cut into pieces of `size`, and the fault if there is one. */
function follow(text: string, size: number): string {
  const body = new ChunkedBody();
  const bytes = bytesOf(text);
  let at = 0;
  for (let start = 0; start < bytes.length && !body.isDone; start += size) {
    const piece = bytes.subarray(start, start + size);
    at = start + body.follow(piece, 0);
    if (body.fault !== undefined) return `${at} ${body.fault.status} ${body.fault.reason}`;
  }
  return `${at} ${body.isDone ? "done" : "more"}`;
}

describe("ChunkedBody (RFC 9112, section 7.1)", () => {
  for (const [text, expected] of [
    ["0\r\n\r\nGET", "5 done"],
    ["5\r\nhello\r\n0\r\n\r\n", "15 done"],
    ["0A\r\n0123456789\r\n000\r\n\r\n", "23 done"],
    ["5;a=b;c\r\nhello\r\n0\r\n\r\n", "21 done"],
    ["0\r\nA: b\r\nC:\r\n\r\n", "15 done"],
    ["5\r\nhel", "6 more"],
    ["\r\n", "0 400 no chunk size"],
    ["g\r\n", "0 400 no chunk size"],
    ["-1\r\n", "0 400 no chunk size"],
    [" 5\r\n", "0 400 no chunk size"],
    ["5 \r\nhello", "1 400 malformed chunk"],
    ["0x5\r\nhello", "1 400 malformed chunk"],
    ["5\nhello\n0\n\n", "1 400 malformed chunk"],
    ["5\rhello", "2 400 malformed chunk"],
    ["5;a\nb\r\n", "3 400 malformed chunk extension"],
    ["5;a\rb", "4 400 malformed chunk"],
    ["5\r\nhello!\r\n", "8 400 malformed chunk"],
    ["5\r\nhello\n0", "8 400 malformed chunk"],
    ["5\r\nhello\r0", "9 400 malformed chunk"],
    ["000000000000\r\n", "11 400 chunk size too large"],
    ["0\r\nA : b\r\n\r\n", "4 400 malformed trailer"],
  ] as const)
    test(`${JSON.stringify(text)} is ${expected}`, () => {
      for (const size of [1, 2, 3, 100]) assert.equal(follow(text, size), expected, `by ${size}`);
    });

  test("bounds what an attacker can put beside the data", () => {
    const body = `1;${"a".repeat(1000)}\r\nx\r\n`.repeat(40);
    assert.match(follow(body, 4096), /extensions too large$/u);
  });
});

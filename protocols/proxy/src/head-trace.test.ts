import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf, textOf } from "./ascii.ts";
import { withTraceparent } from "./head-trace.ts";
import { readRequestHead } from "./http-head.ts";

function rewritten(...fields: readonly string[]): string[] {
  const lines = ["GET / HTTP/1.1", ...fields, "", ""];
  const head = readRequestHead(bytesOf(lines.join("\r\n")));
  assert(!("reason" in head));
  return textOf(withTraceparent(head, "NEW")).split("\r\n");
}

describe("withTraceparent", () => {
  test("adds one as the last field", () => {
    assert.deepEqual(rewritten("Host: a", "X: y"), [
      "GET / HTTP/1.1",
      "Host: a",
      "X: y",
      "traceparent: NEW",
      "",
      "",
    ]);
  });

  test("puts it in the place of the one that is there, and changes nothing else", () => {
    assert.deepEqual(rewritten("Host: a", "TraceParent:  old ", "X: y", "traceparent: older"), [
      "GET / HTTP/1.1",
      "Host: a",
      "traceparent: NEW",
      "X: y",
      "",
      "",
    ]);
    assert.deepEqual(rewritten("Traceparent: old", "Host: a"), [
      "GET / HTTP/1.1",
      "traceparent: NEW",
      "Host: a",
      "",
      "",
    ]);
  });
});

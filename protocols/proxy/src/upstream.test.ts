import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { bytesOf } from "./ascii.ts";
import { readRequestHead } from "./http-head.ts";
import { Upstream } from "./upstream.ts";

/** A try that was sent at 10 ms, and answered with `text` at 30 ms. */
function answered(text: string): Upstream {
  const request = readRequestHead(bytesOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  assert(!("reason" in request));
  const upstream = new Upstream(1, "u1", instantAt(0));
  upstream.send(request, instantAt(10));
  for (const part of upstream.read(bytesOf(text))) {
    if (part.kind === "head") upstream.respond(part.head, instantAt(30));
  }
  return upstream;
}

describe("Upstream", () => {
  const whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (const [what, text, isReusable] of [
    ["a whole response", whole, true],
    ["half a response", whole.slice(0, -1), false],
    ["a response and more", `${whole}HTTP/1.1`, false],
    ["a response that closes", whole.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), false],
    ["an old response", whole.replace("1.1", "1.0"), false],
  ] as const)
    test(`is ${isReusable ? "" : "not "}reusable after ${what}`, () => {
      assert.equal(answered(text).isReusable, isReusable);
    });

  test("has the latency of its first answer, or of its failure", () => {
    assert.equal(answered(whole).latencyAt(instantAt(90)), 20);
    assert.equal(answered("").latencyAt(instantAt(90)), 90);
  });

  test("ends in the middle unless the end is the end", () => {
    assert.equal(answered("HTTP/1.1 200 OK\r\n\r\nx").end()[0]?.kind, "end");
    assert.equal(answered("HTTP/1.1").end()[0]?.kind, "malformed");
    assert.deepEqual(answered("").end(), []);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { bytesOf, joinBytes, textOf } from "./ascii.ts";
import { ClientRequest } from "./client-request.ts";
import { readRequestHead } from "./http-head.ts";
import type { RequestTrace } from "./request-trace.ts";
import { replayBytesMax, triesMax } from "./retry.ts";

function requestOf(trace?: RequestTrace): ClientRequest {
  const head = readRequestHead(bytesOf("PUT /a?secret=1 HTTP/1.1\r\nHost: shop\r\n\r\n"));
  assert(!("reason" in head));
  return new ClientRequest(head, { at: instantAt(5), wallMs: 1000 }, trace);
}

const sent = (request: ClientRequest): string => textOf(joinBytes(request.sendable()));

describe("ClientRequest", () => {
  test("can be sent as often as its body is small", () => {
    const request = requestOf();
    request.add(bytesOf("ab"), false);
    assert.match(sent(request), /\r\n\r\nab$/u);
    request.add(bytesOf("cd"), true);
    assert.match(sent(request), /\r\n\r\nabcd$/u);
    assert(request.attempt(true, triesMax).isReplayable);
  });

  test("forgets a large body once it was sent, and not before", () => {
    const request = requestOf();
    const large = new Uint8Array(replayBytesMax + 1);
    request.add(large, false);
    assert(request.attempt(false, triesMax).isReplayable);
    assert(request.keptBytes > replayBytesMax);
    assert.equal(joinBytes(request.sendable()).length, 40 + large.length);
    assert(!request.attempt(true, triesMax).isReplayable);
    assert.equal(request.keptBytes, 0);
    request.add(bytesOf("x"), true);
    assert.equal(request.keptBytes, 0);
  });

  test("stands in a trace only if that is recorded", () => {
    assert.equal(requestOf().span(200, 1), undefined);
    assert.equal(requestOf().traceparent, "");
    const context = { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true };
    const request = requestOf({ context, parentSpanId: "c".repeat(16) });
    assert.match(sent(request), /^traceparent: 00-a{32}-b{16}-01\r$/mu);
    request.tryAt("u1");
    request.tryAt("u2");
    assert.deepEqual(request.span(503, 7), {
      context,
      parentSpanId: "c".repeat(16),
      name: "PUT",
      kind: "client",
      startWallMs: 1000,
      durationMs: 7,
      attributes: {
        "http.request.method": "PUT",
        "url.path": "/a",
        "server.address": "shop",
        "http.response.status_code": 503,
        "http.request.resend_count": 1,
        "beemesh.pod.uid": "u2",
      },
      isError: true,
    });
  });
});

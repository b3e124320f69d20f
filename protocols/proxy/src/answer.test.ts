import assert from "node:assert/strict";
import { test } from "node:test";
import { answerBytes } from "./answer.ts";
import { textOf } from "./ascii.ts";

const answer = {
  status: 503,
  error: "destination_unavailable",
  detail: "no pod",
  isHead: false,
  isLast: true,
} as const;

test("an answer of the proxy is a response that says whose it is (RFC 9209)", () => {
  assert.equal(
    textOf(answerBytes(answer)),
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 28\r\n" +
      "Proxy-Status: beemesh; error=destination_unavailable\r\nConnection: close\r\n\r\n" +
      "Service Unavailable: no pod\n",
  );
});

test("HEAD gets the same without the body, and a connection that goes on stays open", () => {
  const text = textOf(answerBytes({ ...answer, isHead: true, isLast: false }));
  assert.match(text, /Content-Length: 28\r\nProxy-Status: [^\r]*\r\n\r\n$/u);
});

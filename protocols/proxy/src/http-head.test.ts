import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf } from "./ascii.ts";
import { readRequestHead, readResponseHead, valuesOf } from "./http-head.ts";

const request = (line: string, ...fields: readonly string[]): ReturnType<typeof readRequestHead> =>
  readRequestHead(bytesOf([line, ...fields, "", ""].join("\r\n")));
const response = (
  line: string,
  ...fields: readonly string[]
): ReturnType<typeof readResponseHead> =>
  readResponseHead(bytesOf([line, ...fields, "", ""].join("\r\n")));

/** The status that refuses a head, or 0. */
const statusOf = (head: object): number => ("reason" in head ? Number(Object(head).status) : 0);

describe("readRequestHead", () => {
  test("reads a request line and the fields that matter", () => {
    const head = request("POST /a?b HTTP/1.1", "Host: shop", "Content-Length: 3", "X: 1", "x: 2");
    assert(!("reason" in head));
    const { bytes, fields, ...rest } = head;
    assert.equal(bytes.length, 65);
    assert.equal(fields.length, 16);
    assert.deepEqual(valuesOf(head, "x"), ["1", "2"]);
    assert.deepEqual(rest, {
      method: "POST",
      target: "/a?b",
      host: "shop",
      minor: 1,
      contentLength: 3,
      isChunked: false,
      keepAlive: true,
      upgrade: "",
      te: "",
      expectsContinue: false,
      traceparent: "",
    });
  });

  for (const [line, fields, keepAlive] of [
    ["GET / HTTP/1.1", "Connection: x, Close", false],
    ["GET / HTTP/1.0", "Connection: Keep-Alive", true],
    ["GET / HTTP/1.0", "X: y", false],
  ] as const)
    test(`${keepAlive ? "keeps" : "closes"} the connection after ${line}, ${fields}`, () => {
      const head = request(line, "Host: a", fields);
      assert("keepAlive" in head && head.keepAlive === keepAlive);
    });

  test("sees an upgrade only where Connection names it (RFC 9110, section 7.8)", () => {
    const alone = request("GET / HTTP/1.1", "Host: a", "Upgrade: websocket");
    const named = request("GET / HTTP/1.1", "Host: a", "Upgrade: websocket", "Connection: Upgrade");
    assert("upgrade" in alone && alone.upgrade === "");
    assert("upgrade" in named && named.upgrade === "websocket");
  });

  const corpus: readonly (readonly [number, string, ...string[]])[] = [
    [0, "GET / HTTP/1.1", "Host: a"],
    [0, "GET / HTTP/1.0"],
    [0, "GET /ä HTTP/1.1", "Host: a"],
    [0, "M-SEARCH * HTTP/1.1", "Host: a", "Transfer-Encoding: Chunked"],
    [400, "GET /"],
    [400, "GET  / HTTP/1.1", "Host: a"],
    [400, "GET / HTTP/1.1 ", "Host: a"],
    [400, "GET /a b HTTP/1.1", "Host: a"],
    [400, "GET /\t HTTP/1.1", "Host: a"],
    [400, "GET / HTTP/1.2", "Host: a"],
    [400, "GET / http/1.1", "Host: a"],
    [400, "GET / HTTP/2.0", "Host: a"],
    [400, "G(T / HTTP/1.1", "Host: a"],
    [400, " GET / HTTP/1.1", "Host: a"],
    [400, `${"A".repeat(33)} / HTTP/1.1`, "Host: a"],
    [400, "GET / HTTP/1.1"],
    [400, "GET / HTTP/1.1", "Host: a", "Host: a"],
    [400, "GET / HTTP/1.1", "Host: a, b"],
    [400, "GET / HTTP/1.1", "Host: a/b"],
    [400, "POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked"],
    [400, "POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 5"],
    [400, "POST / HTTP/1.1", "Host: a", "Content-Length: 5, 5"],
    [400, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: x"],
    [400, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked, chunked, gzip"],
    [400, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: identity"],
    [400, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: \x0bchunked"],
    [400, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding:"],
    [400, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding : chunked"],
    [400, "POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked"],
    [501, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip, chunked"],
    [501, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: xchunked"],
  ];
  for (const [status, ...lines] of corpus)
    test(`${status === 0 ? "takes" : `answers ${status} to`} ${lines.join(" | ")}`, () => {
      const [line, ...fields] = lines;
      assert.equal(statusOf(request(line, ...fields)), status);
    });
});

describe("readResponseHead", () => {
  test("reads a status line, with a reason or without", () => {
    for (const line of ["HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 200 Möge"]) {
      const head = response(line);
      assert("status" in head && head.status === 200, line);
    }
  });

  for (const lines of [
    ["HTTP/1.1 2000 OK"],
    ["HTTP/1.1 20 OK"],
    ["HTTP/1.1 099 OK"],
    ["HTTP/1.1 200OK"],
    ["HTTP/1.1  200 OK"],
    ["HTTP/2 200 OK"],
    ["ICY 200 OK"],
    ["HTTP/1.1 200 a\rb"],
    ["HTTP/1.1 200 OK", "Content-Length: 1", "Transfer-Encoding: chunked"],
    ["HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 1"],
    ["HTTP/1.1 200 OK", "Content-Length: x"],
    ["HTTP/1.1 200 OK", "Transfer-Encoding: gzip"],
    ["HTTP/1.1 200 OK", "A : b"],
  ])
    test(`refuses ${lines.join(" | ")}`, () => {
      const [line = "", ...fields] = lines;
      assert.equal(statusOf(response(line, ...fields)), 502);
    });
});

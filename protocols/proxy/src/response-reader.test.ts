import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf } from "./ascii.ts";
import { readRequestHead } from "./http-head.ts";
import { ResponseReader } from "./response-reader.ts";

/** A reader that was told of requests such as `GET` or `GET websocket`. */
function readerOf(...asked: readonly string[]): ResponseReader {
  const reader = new ResponseReader();
  for (const request of asked) {
    const [method = "", upgrade] = request.split(" ");
    const fields = upgrade === undefined ? "" : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
    const head = readRequestHead(bytesOf(`${method} / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`));
    assert(!("reason" in head));
    reader.expect(head);
  }
  return reader;
}

function kindsOf(reader: ResponseReader, text: string): string {
  return reader
    .read(bytesOf(text))
    .map((part) => (part.kind === "malformed" ? `malformed ${part.status}` : part.kind))
    .join(" ");
}

describe("ResponseReader (RFC 9112, section 6.3)", () => {
  const withLength = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  for (const [asked, text, expected] of [
    ["GET", `${withLength}ok`, "head body end"],
    ["GET", `${withLength}okHTTP`, "head body end rest"],
    ["HEAD", withLength, "head end"],
    ["GET", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", "head end"],
    ["GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "head end"],
    ["GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "head body end"],
    ["GET", "HTTP/1.1 200 OK\r\n\r\nuntil the end", "head body"],
    [
      "GET",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${withLength}`,
      "interim interim head",
    ],
    ["GET websocket", "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00", "head raw"],
    ["GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00", "malformed 502"],
    ["GET websocket", `${withLength}ok`, "head body end"],
    ["CONNECT", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nraw", "head raw"],
    ["CONNECT", "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", "head body end"],
    ["GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", "head malformed 502"],
    ["GET", "SSH-2.0\r\n\r\n", "malformed 502"],
    ["GET", "\r\nHTTP/1.1 200 OK\r\n\r\n", "malformed 502"],
  ] as const)
    test(`${asked} and ${JSON.stringify(text.slice(0, 60))} give ${expected}`, () => {
      assert.equal(kindsOf(readerOf(asked), text), expected);
    });

  test("takes responses in the order of their requests", () => {
    const reader = readerOf("HEAD", "GET");
    assert.equal(kindsOf(reader, `${withLength}${withLength}ok`), "head end rest");
    assert(!reader.isIdle);
    assert.equal(kindsOf(reader, `${withLength}ok`), "head body end");
    assert(reader.isIdle);
  });

  test("takes none that nobody asked for", () => {
    assert.equal(kindsOf(readerOf(), withLength), "malformed 502");
  });

  test("ends a body without a length with the connection, and no other", () => {
    const open = readerOf("GET");
    kindsOf(open, "HTTP/1.1 200 OK\r\n\r\nx");
    assert.deepEqual(open.end(), [{ kind: "end" }]);
    const short = readerOf("GET");
    kindsOf(short, `${withLength}o`);
    assert.equal(short.end()[0]?.kind, "malformed");
  });

  test("bounds what comes before a response", () => {
    const interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(65);
    assert.match(kindsOf(readerOf("GET"), interim), /malformed 502$/u);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { bytesOf } from "./ascii.ts";
import { sniff, sniffBytesMax } from "./sniff.ts";

const clientHello = Uint8Array.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);

describe("sniff", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["http1", "GET / HTTP/1.1\r\n"],
    ["http1", "PROPFIND /dav HTTP/1.1\r\n"],
    ["http1", "GET http://a/ HTTP/1.1"],
    ["http1", "OPTIONS * HTTP/1.1\r\n"],
    ["http1", "CONNECT a:443 HTTP/1.1\r\n"],
    ["http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["more", ""],
    ["more", "P"],
    ["more", "PRI * HTTP/2.0\r\n\r\n"],
    ["more", "PROPPATCH https"],
    ["raw", "OPTIONS rtsp://camera/1 RTSP/1.0\r\n"],
    ["raw", "OPTIONS sip:a@b SIP/2.0\r\n"],
    ["raw", "GET key\r\n"],
    ["raw", "*1\r\n$4\r\nPING\r\n"],
    ["raw", "get / HTTP/1.1\r\n"],
    ["raw", "SSH-2.0-OpenSSH_9.9\r\n"],
    ["raw", "\0\0\0\b\u0004\u00d2\u0016/"],
  ];
  for (const [expected, text] of cases)
    test(`takes ${JSON.stringify(text.slice(0, 24))} for ${expected}`, () => {
      assert.equal(sniff(bytesOf(text)), expected);
    });

  test("knows a ClientHello by its record (RFC 8446, section 5.1)", () => {
    assert.equal(sniff(clientHello), "tls");
    assert.equal(sniff(clientHello.subarray(0, 5)), "more");
    assert.equal(sniff(Uint8Array.from([0x16, 3, 1, 2, 0, 2])), "raw", "a ServerHello");
    assert.equal(sniff(Uint8Array.from([0x16, 3, 1, 0x40, 1, 1])), "raw", "too long");
    assert.equal(sniff(Uint8Array.from([0x16, 3, 1, 0, 3])), "raw", "too short");
    assert.equal(sniff(Uint8Array.from([0x16, 2])), "raw");
  });

  test("decides within its bytes, and never changes its mind", () => {
    const openings = fc.constantFrom(...cases.map(([, text]) => bytesOf(text)), clientHello);
    const input = fc
      .tuple(openings, fc.nat(30), fc.uint8Array({ maxLength: 30 }))
      .map(([start, length, rest]) => Uint8Array.from([...start.subarray(0, length), ...rest]));
    fc.assert(
      fc.property(input, (bytes) => {
        const decisions = Array.from(bytes, (_, at) => sniff(bytes.subarray(0, at + 1)));
        const first = decisions.find((decision) => decision !== "more");
        for (const [at, decision] of decisions.entries()) {
          assert(decision === "more" || decision === first, `byte ${at}`);
        }
        if (bytes.length >= sniffBytesMax) assert.notEqual(decisions.at(-1), "more");
      }),
      { numRuns: 2000 },
    );
  });
});

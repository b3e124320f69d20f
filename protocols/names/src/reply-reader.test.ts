import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readReply } from "./reply-reader.ts";

test("an answer with an alias is read, and no part of it is taken for the whole", () => {
  // id 1, QR RD RA; a CNAME b, b A 1.2.3.4.
  const text =
    "0001818000010002000000000161000001000101610000050001000000050003016200" +
    "c0200001000100000005000401020304";
  const bytes = Uint8Array.from(text.match(/../gu) ?? [], (hex) => Number.parseInt(hex, 16));
  assert.deepEqual(readReply(bytes), {
    id: 1,
    code: 0,
    isTruncated: false,
    isAuthoritative: false,
    answers: [
      { type: "CNAME", name: "a", target: "b" },
      { type: "A", name: "b", address: "1.2.3.4" },
    ],
    additional: [],
    ttls: [5, 5],
    payloadMax: undefined,
  });
  for (let length = 0; length < bytes.length; length += 1) {
    assert.equal(readReply(bytes.slice(0, length)), undefined);
  }
});

test("any bytes are read or not, and nothing is thrown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readReply(bytes);
    }),
    { numRuns: 2000 },
  );
});

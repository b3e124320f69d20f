import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { base64, utf8, utf8Text } from "./encoding.ts";

test("base64 is that of the host", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.equal(base64(bytes), Buffer.from(bytes).toString("base64"));
    }),
  );
});

test("utf8 is that of the host, lone surrogates included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.deepEqual([...utf8(text)], [...new TextEncoder().encode(text)]);
    }),
  );
  assert.deepEqual([...utf8("\ud800")], [0xef, 0xbf, 0xbd]);
});

test("utf8Text reads what utf8 writes, and never fails", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(utf8Text(utf8(text)), text.toWellFormed());
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert(utf8Text(bytes).isWellFormed());
    }),
  );
  assert.equal(utf8Text(Uint8Array.of(0x61, 0xff, 0x62)), "a\ufffdb");
  assert.equal(utf8Text(Uint8Array.of(0xc0, 0x80)), "\ufffd\ufffd");
});

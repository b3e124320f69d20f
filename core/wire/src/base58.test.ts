import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeBase58, encodeBase58 } from "./base58.ts";

test("base58 writes the examples of draft-msporny-base58-03", () => {
  assert.equal(encodeBase58(Buffer.from("Hello World!")), "2NEpo7TZRRrLZSi2U");
  assert.equal(encodeBase58(Buffer.from("0000287fb4cd", "hex")), "11233QC4");
});

test("base58 reads back what it wrote", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.deepEqual(decodeBase58(encodeBase58(bytes)), Uint8Array.from(bytes));
    }),
  );
});

test("base58 refuses other characters and long text", () => {
  for (const text of ["0", "l", "a b", "1".repeat(129)]) {
    assert.equal(decodeBase58(text), undefined);
  }
});

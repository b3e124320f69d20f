import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checksumOf, pseudoHeaderSum, sumOf, wholeSum } from "./checksum.ts";

test("the sum is that of RFC 1071, section 3", () => {
  assert.equal(sumOf(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)), 0xddf2);
  assert.equal(sumOf(Uint8Array.of(0x12)), 0x1200);
  assert.equal(sumOf(new Uint8Array(65_536).fill(0xff)), 0xffff);
});

test("bytes with their checksum sum up to what is whole, in any byte order", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(0xffff), (data, start) => {
      const padded = data.length % 2 === 0 ? data : Uint8Array.of(...data, 0);
      const sum = checksumOf(sumOf(data, start));
      assert.equal(sumOf(Uint8Array.of(...padded, sum >> 8, sum & 255), start), wholeSum);
    }),
  );
});

test("a pseudo header is summed as its bytes would be", () => {
  const [source, target] = [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(8, 8, 4, 4)];
  const bytes = Uint8Array.of(...source, ...target, 0, 17, 0x12, 0x34);
  assert.equal(pseudoHeaderSum(source, target, 17, 0x1234), sumOf(bytes));
});

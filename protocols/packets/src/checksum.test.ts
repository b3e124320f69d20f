import assert from "node:assert/strict";
import { test } from "node:test";
import { checksum, pseudoHeader } from "./checksum.ts";

test("the example of RFC 1071, section 3", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(checksum(bytes), ~0xddf2 & 0xffff);
});

test("an odd byte is the high half of a word, and parts are summed as one", () => {
  assert.equal(checksum(Uint8Array.of(1, 2, 3)), checksum(Uint8Array.of(1, 2, 3, 0)));
  assert.equal(
    checksum(Uint8Array.of(1, 2), Uint8Array.of(3, 4)),
    checksum(Uint8Array.of(1, 2, 3, 4)),
  );
});

test("what was summed with its checksum sums to nothing", () => {
  const bytes = Uint8Array.from({ length: 65_534 }, (_, index) => index * 7);
  const sum = checksum(bytes);
  assert.equal(checksum(bytes, Uint8Array.of(sum >> 8, sum & 0xff)), 0);
});

test("the pseudo header of each family has the length and the protocol in its place", () => {
  const [a, b] = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)];
  assert.deepEqual(
    [...pseudoHeader(a, b, { protocol: 17, length: 0x0102 })],
    [1, 2, 3, 4, 5, 6, 7, 8, 0, 17, 1, 2],
  );
  const six = pseudoHeader(new Uint8Array(16), new Uint8Array(16), { protocol: 17, length: 258 });
  assert.deepEqual([...six.subarray(32)], [0, 0, 1, 2, 0, 0, 0, 17]);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { packetOf, readPacket } from "./header.ts";

const four = {
  source: Uint8Array.of(10, 1, 2, 3),
  target: Uint8Array.of(10, 4, 5, 6),
  protocol: 17,
  body: Uint8Array.of(1, 2, 3),
};
const six = { ...four, source: new Uint8Array(16).fill(1), target: new Uint8Array(16).fill(2) };

describe("packets", () => {
  for (const [what, packet] of [
    ["IPv4", four],
    ["IPv6", six],
  ] as const) {
    test(`${what} is read as it was written, and without what follows it`, () => {
      const bytes = packetOf(packet);
      assert.deepEqual(readPacket(Uint8Array.from([...bytes, 9, 9])), packet);
    });

    test(`${what} that is cut short is none`, () => {
      const bytes = packetOf(packet);
      for (let length = 0; length < bytes.length; length += 1) {
        assert.equal(readPacket(bytes.subarray(0, length)), undefined);
      }
    });
  }

  test("a fragment is none", () => {
    for (const flags of [0x20, 0x01]) {
      const bytes = packetOf(four);
      bytes[6] = flags;
      assert.equal(readPacket(bytes), undefined);
    }
  });

  test("options of IPv4 and extensions of IPv6 are passed over", () => {
    const plain = packetOf(four);
    const options = Uint8Array.from([...plain.subarray(0, 20), 1, 1, 1, 1, ...four.body]);
    options[0] = 0x46;
    options[3] = options.length;
    assert.deepEqual(readPacket(options)?.body, four.body);
    const extended = packetOf({
      ...six,
      protocol: 60,
      body: Uint8Array.from([17, 0, 1, 4, 0, 0, 0, 0, ...six.body]),
    });
    assert.deepEqual(readPacket(extended), six);
  });

  test("a long chain of extensions is none, nor is one without end", () => {
    const header = [60, 0, 0, 0, 0, 0, 0, 0];
    const body = Uint8Array.from([...header, ...header, ...header, ...header, ...header]);
    assert.equal(readPacket(packetOf({ ...six, protocol: 60, body })), undefined);
    const beyond = Uint8Array.of(17, 9, 0, 0, 0, 0, 0, 0);
    assert.equal(readPacket(packetOf({ ...six, protocol: 60, body: beyond })), undefined);
  });

  test("another version is none, and chance is survived", () => {
    assert.equal(readPacket(Uint8Array.of(0x50)), undefined);
    const random = seededRandom(3);
    let read = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Uint8Array.from({ length: random.below(80) }, () => random.below(256));
      if (bytes.length > 6) bytes.set(round % 2 === 0 ? [0x45, 0, 0, 30] : [0x60, 0, 0, 0, 0, 8]);
      if (readPacket(bytes) !== undefined) read += 1;
    }
    assert(read > 100 && read < 20_000, `${read} were read`);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ipPacket, readIpHeader } from "./ip-header.ts";

const four = {
  protocol: 6,
  source: Uint8Array.of(10, 1, 2, 3),
  target: Uint8Array.of(192, 0, 2, 1),
};
const six = {
  protocol: 6,
  source: new Uint8Array(16).fill(0xfd),
  target: new Uint8Array(16).fill(0x20),
};

describe("a header of IP", () => {
  for (const [name, envelope, version] of [
    ["IPv4", four, 4],
    ["IPv6", six, 6],
  ] as const)
    test(`of ${name} is read as it was written`, () => {
      const header = readIpHeader(ipPacket(envelope, 3));
      assert.deepEqual(header, {
        version,
        ...envelope,
        body: new Uint8Array(3),
        isCut: false,
        isFragment: false,
        isTail: false,
      });
    });

  test("says more than there is of a packet that was cut", () => {
    for (const envelope of [four, six]) {
      const header = readIpHeader(ipPacket(envelope, 100).subarray(0, 60));
      assert(header?.isCut && header.body.length < 100);
    }
  });

  test("of IPv4 may have options, and must have its checksum", () => {
    // RFC 791's "no operation", four times.
    const packet = Buffer.from("46000018000000004006a9d90a010203c000020101010101", "hex");
    assert.equal(readIpHeader(packet)?.body.length, 0);
    packet[9] = 17;
    assert.equal(readIpHeader(packet), undefined);
  });

  test("of another version, or shorter than it says, is none", () => {
    for (const bytes of [[], [0x45], [0x50, ...Array(60).fill(0)], [0x44, ...Array(60).fill(0)]]) {
      assert.equal(readIpHeader(Uint8Array.from(bytes)), undefined);
    }
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checksum, pseudoHeader } from "./checksum.ts";
import { datagramPacket, payloadBytesMax, readDatagram } from "./datagram.ts";
import { readPacket } from "./header.ts";

const four = { source: "10.1.2.3", sourcePort: 5000, target: "10.96.0.10", targetPort: 53 };
const six = { ...four, source: "fd00::1", target: "fd00::2" };

describe("datagrams", () => {
  for (const [what, ends] of [
    ["IPv4", four],
    ["IPv6", six],
  ] as const)
    test(`over ${what} are read as they were written, and their sums are right`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
          const bytes = datagramPacket({ ...ends, payload });
          assert.deepEqual(readDatagram(bytes), { ...ends, payload: Uint8Array.from(payload) });
          const packet = readPacket(bytes);
          assert(packet);
          const { source, target, body } = packet;
          const pseudo = pseudoHeader(source, target, { protocol: 17, length: body.length });
          assert.equal(checksum(pseudo, body), 0);
        }),
      );
    });

  test("the largest one fits into a packet", () => {
    const payload = new Uint8Array(payloadBytesMax);
    assert.equal(datagramPacket({ ...four, payload }).length, 65_535);
    assert.throws(() => datagramPacket({ ...four, payload: new Uint8Array(payloadBytesMax + 1) }), {
      name: "AssertionError",
    });
  });

  test("between two families there are none", () => {
    const payload = new Uint8Array();
    assert.throws(() => datagramPacket({ ...four, target: "fd00::2", payload }), {
      name: "AssertionError",
    });
  });

  test("a length that lies, another protocol, and nothing are none", () => {
    const bytes = datagramPacket({ ...four, payload: Uint8Array.of(1, 2, 3) });
    for (const [at, value] of [
      [25, 7],
      [25, 200],
      [9, 6],
    ] as const) {
      const changed = Uint8Array.from(bytes);
      changed[at] = value;
      assert.equal(readDatagram(changed), undefined);
    }
    assert.equal(readDatagram(new Uint8Array()), undefined);
  });
});

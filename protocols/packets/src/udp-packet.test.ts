import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { datagrams, query4, query6 } from "./datagrams.test.ts";
import { readPacket } from "./packet.ts";
import { datagramBytesMax, udpPacket } from "./udp-packet.ts";

test("udpPacket builds what Linux sends", () => {
  const datagram = {
    source: "10.1.2.3",
    sourcePort: 60_289,
    target: "8.8.4.4",
    targetPort: 7777,
    payload: new TextEncoder().encode("hello"),
  };
  const packet = Buffer.from(udpPacket(datagram)).toString("hex");
  const sent = "4500002100004000401122bd0a01020308080404eb811e61000d9a0f68656c6c6f";
  // But for the number of the packet, which is 0 here, and so for the header's checksum.
  assert.equal(packet, sent);
});

test("a checksum that would be 0 is written as its other form", () => {
  const sums = new Set<number>();
  for (let port = 0; port < 65_536; port += 1) {
    const packet = udpPacket({ ...query4, sourcePort: port, payload: new Uint8Array() });
    sums.add(((packet[26] ?? 0) << 8) | (packet[27] ?? 0));
    if (sums.has(0xffff)) break;
  }
  assert(sums.has(0xffff) && !sums.has(0));
});

test("no two datagrams give one packet", () => {
  fc.assert(
    fc.property(datagrams, datagrams, (one, other) => {
      const isSame = Buffer.compare(udpPacket(one), udpPacket(other)) === 0;
      if (isSame) assert.deepEqual(readPacket(udpPacket(one)), readPacket(udpPacket(other)));
    }),
  );
});

test("what is no datagram is a bug of the caller", () => {
  for (const wrong of [
    { source: "localhost" },
    { target: query6.target },
    { sourcePort: 65_536 },
    { targetPort: 1.5 },
    { payload: new Uint8Array(datagramBytesMax + 1) },
  ])
    assert.throws(() => udpPacket({ ...query4, ...wrong }), { name: "AssertionError" });
});

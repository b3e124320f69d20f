import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Random, seededRandom } from "@beemesh/base";
import fc from "fast-check";
import { checksumOf, sumOf } from "./checksum.ts";
import { datagramPacket, payloadBytesMax, readDatagram } from "./datagram.ts";
import { datagrams, query4, query6 } from "./datagrams.test.ts";
import { readIpHeader } from "./ip-header.ts";
import { unreachablePacket } from "./unreachable.ts";

/** "hello" to 8.8.4.4 and to 2001:db8::53, port 7777, as Linux sent it through a tun device. */
const recorded4 = "45000021aa694000401178530a01020308080404eb811e61000d9a0f68656c6c6f";
const recorded6 =
  "600eaa91000d1140fdbee00000000000000100020003000420010db8000000000000000000000053" +
  "c52a1e61000dcca068656c6c6f";

describe("readDatagram", () => {
  for (const [packet, source, target, sourcePort] of [
    [recorded4, "10.1.2.3", "8.8.4.4", 60_289],
    [recorded6, "fdbe:e000::1:2:3:4", "2001:db8::53", 50_474],
  ] as const)
    test(`reads what Linux sends to ${target}`, () => {
      const read = readDatagram(Buffer.from(packet, "hex"));
      assert(read !== undefined);
      const { payload, ...rest } = read;
      assert.deepEqual(rest, { source, sourcePort, target, targetPort: 7777 });
      assert.equal(Buffer.from(payload).toString(), "hello");
    });

  test("reads what was built, of both families, and padding is none of it", () => {
    fc.assert(
      fc.property(datagrams, fc.nat(9), (datagram, padding) => {
        const bytes = datagramPacket(datagram);
        const padded = new Uint8Array(bytes.length + padding);
        padded.set(bytes);
        assert.deepEqual(readDatagram(padded), datagram);
      }),
    );
    const largest = { ...query4, payload: new Uint8Array(payloadBytesMax).fill(255) };
    assert.deepEqual(readDatagram(datagramPacket(largest)), largest);
    assert.equal(datagramPacket(largest).length, 65_535);
  });

  test("no bit that is not only for routers can change without being noticed", () => {
    // Traffic class, flow label and hop limit of IPv6 are in no checksum; byte 0 is the version.
    const free = new Set([0, 1, 2, 3, 7]);
    fc.assert(
      fc.property(datagrams, fc.nat(), fc.nat(7), (datagram, position, bit) => {
        const bytes = datagramPacket(datagram);
        const at = position % bytes.length;
        const isSix = bytes[0] === 0x60;
        if (at === 0 || (isSix && free.has(at))) return;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        // What was a checksum may have become none.
        if (!isSix && bytes[26] === 0 && bytes[27] === 0) return;
        assert.equal(readDatagram(bytes), undefined);
      }),
    );
  });

  test("what is cut off anywhere is none", () => {
    for (const datagram of [query4, query6]) {
      const bytes = datagramPacket(datagram);
      for (let length = 0; length < bytes.length; length += 1) {
        assert.equal(readDatagram(bytes.subarray(0, length)), undefined);
      }
    }
  });

  test("a checksum of 0 is none: in IPv4 alone", () => {
    const four = datagramPacket(query4);
    four.fill(0, 26, 28);
    assert.deepEqual(readDatagram(four), query4);
    const six = datagramPacket(query6);
    six.fill(0, 46, 48);
    assert.equal(readDatagram(six), undefined);
  });

  test("looks behind extensions of IPv6, but for routes and pieces", () => {
    const extended = (...extensions: readonly (readonly [number, Uint8Array])[]): unknown => {
      const bytes = datagramPacket(query6);
      const parts = extensions.map(([, part]) => part);
      parts.forEach((part, index) => part.set([extensions[index + 1]?.[0] ?? 17]));
      const body = Buffer.concat([...parts, bytes.subarray(40)]);
      const packet = Buffer.concat([bytes.subarray(0, 40), body]);
      packet.writeUInt16BE(body.length, 4);
      packet.writeUInt8(extensions[0]?.[0] ?? 17, 6);
      return readDatagram(Uint8Array.from(packet));
    };
    const empty = (): Uint8Array => new Uint8Array(8);
    const fragment = (bits: number): Uint8Array => Uint8Array.of(0, 0, 0, bits, 0, 0, 0, 1);
    assert.deepEqual(extended(), query6);
    assert.deepEqual(
      extended([0, empty()], [60, Uint8Array.of(0, 1, ...new Uint8Array(14))]),
      query6,
    );
    assert.deepEqual(extended([44, fragment(0)]), query6, "a packet that is one piece (RFC 8021)");
    assert.equal(extended([44, fragment(1)]), undefined);
    assert.equal(extended([44, fragment(8)]), undefined);
    assert.equal(extended([43, empty()]), undefined);
    const many = Array.from({ length: 9 }, () => [0, empty()] as const);
    assert.equal(extended(...many), undefined);
  });

  test("pieces of IPv4 packets and other protocols are none", () => {
    const changed = (change: (packet: Buffer) => void): unknown => {
      const packet = Buffer.from(datagramPacket(query4));
      change(packet);
      packet.writeUInt16BE(0, 10);
      packet.writeUInt16BE(checksumOf(sumOf(packet.subarray(0, 20))), 10);
      return readDatagram(Uint8Array.from(packet));
    };
    assert.deepEqual(
      changed(() => {}),
      query4,
    );
    assert.equal(
      changed((packet) => packet.writeUInt16BE(0x2000, 6)),
      undefined,
    );
    assert.equal(
      changed((packet) => packet.writeUInt16BE(0x0001, 6)),
      undefined,
    );
    assert.equal(
      changed((packet) => packet.writeUInt8(1, 9)),
      undefined,
    );
  });

  test("survives 20,000 packets from seed 4: garbage, and real ones that were damaged", () => {
    const random = seededRandom(4);
    const seen = { read: 0, refused: 0, answered: 0 };
    for (let index = 0; index < 20_000; index += 1) {
      const bytes = index % 2 === 0 ? garbage(random) : damaged(random);
      const datagram = readDatagram(bytes);
      if (datagram === undefined) seen.refused += 1;
      else {
        seen.read += 1;
        // What is believed can be said again.
        assert.deepEqual(readDatagram(datagramPacket(datagram)), datagram);
      }
      const answer = unreachablePacket(bytes, "prohibited");
      if (answer === undefined) continue;
      seen.answered += 1;
      assert(answer.length <= 1280);
      assert([1, 58].includes(readIpHeader(answer)?.protocol ?? 0));
      assert.equal(unreachablePacket(answer, "closed"), undefined, "no error is answered");
    }
    assert(seen.read > 1000 && seen.refused > 1000 && seen.answered > 1000, JSON.stringify(seen));
  });
});

describe("datagramPacket", () => {
  test("builds what Linux sends", () => {
    const datagram = {
      source: "10.1.2.3",
      sourcePort: 60_289,
      target: "8.8.4.4",
      targetPort: 7777,
      payload: new TextEncoder().encode("hello"),
    };
    const packet = Buffer.from(datagramPacket(datagram)).toString("hex");
    const sent = "4500002100004000401122bd0a01020308080404eb811e61000d9a0f68656c6c6f";
    // But for the number of the packet, which is 0 here, and so for the header's checksum.
    assert.equal(packet, sent);
  });

  test("a checksum that would be 0 is written as its other form", () => {
    const sums = new Set<number>();
    for (let port = 0; port < 65_536; port += 1) {
      const packet = datagramPacket({ ...query4, sourcePort: port, payload: new Uint8Array() });
      sums.add(((packet[26] ?? 0) << 8) | (packet[27] ?? 0));
      if (sums.has(0xffff)) break;
    }
    assert(sums.has(0xffff) && !sums.has(0));
  });

  test("no two datagrams give one packet", () => {
    fc.assert(
      fc.property(datagrams, datagrams, (one, other) => {
        const isSame = Buffer.compare(datagramPacket(one), datagramPacket(other)) === 0;
        if (isSame)
          assert.deepEqual(readDatagram(datagramPacket(one)), readDatagram(datagramPacket(other)));
      }),
    );
  });

  test("what is no datagram is a bug of the caller", () => {
    for (const wrong of [
      { source: "localhost" },
      { target: query6.target },
      { sourcePort: 65_536 },
      { targetPort: 1.5 },
      { payload: new Uint8Array(payloadBytesMax + 1) },
    ])
      assert.throws(() => datagramPacket({ ...query4, ...wrong }), { name: "AssertionError" });
  });
});

function garbage(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: random.below(80) }, () => random.below(256));
  if (bytes.length > 0) bytes[0] = random.below(2) === 0 ? 0x45 : 0x60;
  return bytes;
}

function damaged(random: Random): Uint8Array {
  const bytes = datagramPacket(random.below(2) === 0 ? query4 : query6);
  for (let count = random.below(4); count > 0; count -= 1) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Random, seededRandom } from "@beemesh/base";
import fc from "fast-check";
import { datagrams, query4, query6 } from "./datagrams.test.ts";
import { type Packet, readPacket } from "./packet.ts";
import { datagramBytesMax, udpPacket } from "./udp-packet.ts";
import { unreachablePacket } from "./unreachable-packet.ts";

/** "hello" to 8.8.4.4 and to 2001:db8::53, port 7777, as Linux sent it through a tun device. */
const recorded4 = "45000021aa694000401178530a01020308080404eb811e61000d9a0f68656c6c6f";
const recorded6 =
  "600eaa91000d1140fdbee00000000000000100020003000420010db8000000000000000000000053" +
  "c52a1e61000dcca068656c6c6f";

describe("readPacket", () => {
  for (const [packet, source, target, sourcePort] of [
    [recorded4, "10.1.2.3", "8.8.4.4", 60_289],
    [recorded6, "fdbe:e000::1:2:3:4", "2001:db8::53", 50_474],
  ] as const)
    test(`reads what Linux sends to ${target}`, () => {
      const read = readPacket(Buffer.from(packet, "hex"));
      assert(read.kind === "udp");
      const { payload, ...rest } = read;
      assert.deepEqual(rest, { kind: "udp", source, sourcePort, target, targetPort: 7777 });
      assert.equal(Buffer.from(payload).toString(), "hello");
    });

  test("reads what was built, of both families, and padding is none of it", () => {
    fc.assert(
      fc.property(datagrams, fc.nat(9), (datagram, padding) => {
        const bytes = udpPacket(datagram);
        const padded = new Uint8Array(bytes.length + padding);
        padded.set(bytes);
        assert.deepEqual(readPacket(padded), { kind: "udp", ...datagram });
      }),
    );
    const largest = { ...query4, payload: new Uint8Array(datagramBytesMax).fill(255) };
    assert.deepEqual(readPacket(udpPacket(largest)), { kind: "udp", ...largest });
  });

  test("no bit that is not only for routers can change without being noticed", () => {
    // Traffic class, flow label and hop limit of IPv6 are in no checksum; byte 0 is the version.
    const free = new Set([0, 1, 2, 3, 7]);
    fc.assert(
      fc.property(datagrams, fc.nat(), fc.nat(7), (datagram, position, bit) => {
        const bytes = udpPacket(datagram);
        const at = position % bytes.length;
        const isSix = bytes[0] === 0x60;
        if (at === 0 || (isSix && free.has(at))) return;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        // What was a checksum may have become none.
        if (!isSix && bytes[26] === 0 && bytes[27] === 0) return;
        const { kind } = readPacket(bytes);
        // The next header of IPv6 may have become another protocol's.
        assert(kind === "malformed" || (kind === "other" && isSix), kind);
      }),
    );
  });

  test("what is cut off anywhere is malformed", () => {
    for (const datagram of [query4, query6]) {
      const bytes = udpPacket(datagram);
      for (let length = 0; length < bytes.length; length += 1) {
        assert.deepEqual(readPacket(bytes.subarray(0, length)), { kind: "malformed" });
      }
    }
  });

  test("a checksum of 0 is none: in IPv4 alone", () => {
    const four = udpPacket(query4);
    four.fill(0, 26, 28);
    assert.equal(readPacket(four).kind, "udp");
    const six = udpPacket(query6);
    six.fill(0, 46, 48);
    assert.equal(readPacket(six).kind, "malformed");
  });

  test("looks behind extensions of IPv6, and takes routes and pieces for others", () => {
    const extended = (...extensions: readonly (readonly [number, Uint8Array])[]): Packet => {
      const bytes = udpPacket(query6);
      const parts = extensions.map(([, part]) => part);
      parts.forEach((part, index) => part.set([extensions[index + 1]?.[0] ?? 17]));
      const body = Buffer.concat([...parts, bytes.subarray(40)]);
      const packet = Buffer.concat([bytes.subarray(0, 40), body]);
      packet.writeUInt16BE(body.length, 4);
      packet.writeUInt8(extensions[0]?.[0] ?? 17, 6);
      return readPacket(Uint8Array.from(packet));
    };
    const empty = (): Uint8Array => new Uint8Array(8);
    const fragment = (bits: number): Uint8Array => Uint8Array.of(0, 0, 0, bits, 0, 0, 0, 1);
    const udp = { kind: "udp", ...query6 };
    assert.deepEqual(extended(), udp);
    assert.deepEqual(extended([0, empty()], [60, Uint8Array.of(0, 1, ...new Uint8Array(14))]), udp);
    assert.deepEqual(extended([44, fragment(0)]), udp, "a packet that is one piece (RFC 8021)");
    assert.deepEqual(extended([44, fragment(1)]), { kind: "other", protocol: 17, version: 6 });
    assert.deepEqual(extended([44, fragment(8)]), { kind: "other", protocol: 17, version: 6 });
    assert.deepEqual(extended([43, empty()]), { kind: "other", protocol: 43, version: 6 });
    const many = Array.from({ length: 9 }, () => [0, empty()] as const);
    assert.deepEqual(extended(...many), { kind: "malformed" });
  });

  test("pieces of IPv4 packets and other protocols are others", () => {
    const other = (change: (packet: Buffer) => void): Packet => {
      const packet = Buffer.from(udpPacket(query4));
      change(packet);
      packet.writeUInt16BE(0, 10);
      let sum = 0;
      for (let at = 0; at < 20; at += 2) sum += packet.readUInt16BE(at);
      packet.writeUInt16BE(~((sum & 0xffff) + (sum >> 16)) & 0xffff, 10);
      return readPacket(packet);
    };
    const piece = { kind: "other", protocol: 17, version: 4 };
    assert.deepEqual(
      other((packet) => packet.writeUInt16BE(0x2000, 6)),
      piece,
    );
    assert.deepEqual(
      other((packet) => packet.writeUInt16BE(0x0001, 6)),
      piece,
    );
    const ping = { kind: "other", protocol: 1, version: 4 };
    assert.deepEqual(
      other((packet) => packet.writeUInt8(1, 9)),
      ping,
    );
  });

  test("survives 20,000 packets from seed 4: garbage, and real ones that were damaged", () => {
    const random = seededRandom(4);
    const seen = new Map<string, number>();
    for (let index = 0; index < 20_000; index += 1) {
      const bytes = index % 2 === 0 ? garbage(random) : damaged(random);
      const packet = readPacket(bytes);
      seen.set(packet.kind, (seen.get(packet.kind) ?? 0) + 1);
      const answer = unreachablePacket(bytes);
      if (packet.kind === "malformed" && bytes.length < 20) assert.equal(answer, undefined);
      if (answer === undefined) continue;
      seen.set("answer", (seen.get("answer") ?? 0) + 1);
      assert(answer.length <= 1280);
      const read = readPacket(answer);
      assert(read.kind === "other" && [1, 58].includes(read.protocol));
      assert.equal(unreachablePacket(answer), undefined, "an error is never answered by another");
    }
    assert.deepEqual([...seen.keys()].toSorted(), ["answer", "malformed", "other", "udp"]);
  });
});

function garbage(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: random.below(80) }, () => random.below(256));
  if (bytes.length > 0) bytes[0] = random.below(2) === 0 ? 0x45 : 0x60;
  return bytes;
}

function damaged(random: Random): Uint8Array {
  const bytes = udpPacket(random.below(2) === 0 ? query4 : query6);
  for (let count = random.below(4); count > 0; count -= 1) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

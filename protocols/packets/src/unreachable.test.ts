import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { datagramPacket } from "./datagram.ts";
import { query4, query6 } from "./datagrams.test.ts";
import { readIpHeader } from "./ip-header.ts";
import { unreachablePacket } from "./unreachable.ts";

/** `ping -s 4 1.1.1.1` and `ping -6 -s 4 2001:db8::1`, as Linux sent them. */
const ping4 = Buffer.from(
  "450000208ed6400040019e010a0102030101010108000c73774d0000f08983b5",
  "hex",
);
const ping6 = Buffer.from(
  "600af1ef000c3a40fdbee00000000000000100020003000420010db8000000000000000000000001" +
    "800019e1777500004029a2b5",
  "hex",
);

describe("unreachablePacket", () => {
  for (const [what, original, why, protocol, kind] of [
    ["a datagram of IPv4", datagramPacket(query4), "closed", 1, [3, 3]],
    ["a datagram of IPv4", datagramPacket(query4), "prohibited", 1, [3, 13]],
    ["a datagram of IPv6", datagramPacket(query6), "closed", 58, [1, 4]],
    ["a datagram of IPv6", datagramPacket(query6), "prohibited", 58, [1, 1]],
    ["a ping of IPv4", ping4, "prohibited", 1, [3, 13]],
    ["a ping of IPv6", ping6, "prohibited", 58, [1, 1]],
  ] as const)
    test(`says of ${what} that it is ${why}`, () => {
      const answer = unreachablePacket(original, why);
      assert(answer !== undefined);
      const [header, asked] = [readIpHeader(answer), readIpHeader(original)];
      assert(header !== undefined && asked !== undefined);
      assert.equal(header.protocol, protocol);
      assert.deepEqual([...header.source], [...asked.target]);
      assert.deepEqual([...header.target], [...asked.source]);
      assert.deepEqual([...header.body.subarray(0, 2)], kind);
      assert.deepEqual([...header.body.subarray(8)], [...original], "quoted whole");
    });

  test("quotes as much as the smallest network carries", () => {
    const payload = new Uint8Array(5000);
    for (const [query, length] of [
      [query4, 576],
      [query6, 1280],
    ] as const) {
      const packet = datagramPacket({ ...query, payload });
      const answer = unreachablePacket(packet, "closed");
      assert.equal(answer?.length, length);
      assert.deepEqual(unreachablePacket(packet.subarray(0, 1280), "closed"), answer);
    }
  });

  test("never answers errors, groups, nobody, or what is malformed", () => {
    const error4 = unreachablePacket(datagramPacket(query4), "closed") ?? new Uint8Array();
    const error6 = unreachablePacket(datagramPacket(query6), "closed") ?? new Uint8Array();
    for (const packet of [
      error4,
      error6,
      datagramPacket({ ...query4, target: "224.0.0.251" }),
      datagramPacket({ ...query4, target: "255.255.255.255" }),
      datagramPacket({ ...query4, source: "0.0.0.0" }),
      datagramPacket({ ...query6, target: "ff02::fb" }),
      datagramPacket({ ...query6, source: "::" }),
      datagramPacket(query4).subarray(0, 19),
      new Uint8Array(),
    ])
      assert.equal(unreachablePacket(packet, "closed"), undefined);
  });
});

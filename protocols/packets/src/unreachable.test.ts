import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checksum, pseudoHeader } from "./checksum.ts";
import { datagramPacket } from "./datagram.ts";
import { readPacket } from "./header.ts";
import { unreachablePacket } from "./unreachable.ts";

const payload = new Uint8Array(2000);
const four = { source: "10.1.2.3", sourcePort: 5000, target: "10.9.9.9", targetPort: 53, payload };
const six = { ...four, source: "fd00::1", target: "fd00::2" };

describe("unreachablePacket", () => {
  for (const [what, ends, why, type, code] of [
    ["IPv4", four, "prohibited", 3, 13],
    ["IPv4", four, "closed", 3, 3],
    ["IPv6", six, "prohibited", 1, 1],
    ["IPv6", six, "closed", 1, 4],
  ] as const)
    test(`says over ${what} that it is ${why}, and repeats what it is about`, () => {
      const sent = datagramPacket(ends);
      const answer = readPacket(unreachablePacket(sent, why) ?? new Uint8Array());
      const about = readPacket(sent);
      assert(answer && about);
      assert.deepEqual([answer.source, answer.target], [about.target, about.source]);
      assert.deepEqual([...answer.body.subarray(0, 2)], [type, code]);
      const repeated = answer.body.subarray(8);
      assert.deepEqual(repeated, sent.subarray(0, repeated.length));
      assert(repeated.length >= 548 && repeated.length <= 1232);
      const { source, target, body } = answer;
      const pseudo = pseudoHeader(source, target, { protocol: 58, length: body.length });
      assert.equal(what === "IPv4" ? checksum(body) : checksum(pseudo, body), 0);
    });

  test("answers no answer, and nothing that is no packet", () => {
    const answer = unreachablePacket(datagramPacket(four), "closed");
    assert(answer);
    assert.equal(unreachablePacket(answer, "closed"), undefined);
    assert.equal(unreachablePacket(Uint8Array.of(1), "closed"), undefined);
  });
});

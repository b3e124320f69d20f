/** Packets of a pod's device with things broken in them: a program with raw sockets sends any. */
import assert from "node:assert/strict";
import { fuzz, mutated } from "../../../test/fuzz.ts";
import { datagramPacket, payloadBytesMax, readDatagram } from "./datagram.ts";
import { query4, query6 } from "./datagrams.test.ts";
import { unreachablePacket } from "./unreachable.ts";

const packets = [
  datagramPacket(query4),
  datagramPacket(query6),
  datagramPacket({ ...query4, payload: new Uint8Array(1400) }),
  // An echo request of ICMP, and the first word of TCP.
  Uint8Array.from([0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 1, 2, 3, 8, 8, 8, 8, 8, 0, 0, 0]),
  Uint8Array.from([0x60, 0, 0, 0, 0, 4, 6, 64, ...new Uint8Array(32).fill(0x20), 0, 80, 0, 81]),
];

fuzz(
  "packets are datagrams, answered by ICMP, or dropped",
  ["datagram", "answered", "dropped"],
  (random) => {
    const packet = mutated(random, packets);
    const datagram = readDatagram(packet);
    if (datagram !== undefined) {
      assert(datagram.payload.length <= payloadBytesMax);
      // What was read can be built again, to the same datagram.
      assert.deepEqual(readDatagram(datagramPacket(datagram)), datagram);
    }
    const answer = unreachablePacket(packet, random.below(2) === 0 ? "closed" : "prohibited");
    if (answer !== undefined) {
      assert(answer.length <= 1280, "an answer is no amplifier");
      assert.equal(unreachablePacket(answer, "closed"), undefined, "errors are not answered");
    }
    if (datagram !== undefined) return "datagram";
    return answer === undefined ? "dropped" : "answered";
  },
);

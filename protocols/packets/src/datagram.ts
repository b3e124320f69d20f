import { assert } from "@beemesh/base";
import { addressBytes, addressText } from "./address.ts";
import { checksum, pseudoHeader } from "./checksum.ts";
import { packetOf, protocols, readPacket, wordAt } from "./header.ts";

/** A datagram of UDP, and between whom it is. Addresses are texts as RFC 5952 has them. */
export interface Datagram {
  readonly source: string;
  readonly sourcePort: number;
  readonly target: string;
  readonly targetPort: number;
  readonly payload: Uint8Array;
}

/** Bytes of UDP's header: two ports, length, checksum (RFC 768). */
const headerLength = 8;

/** Bytes that one datagram carries over IPv4; over IPv6 it could be 20 more. */
export const payloadBytesMax = 65_507;

/**
 * Reads a packet of a tun device; undefined if it is no whole datagram of UDP. Its checksum is not
 * looked at: it comes from the same kernel, which may have left it to hardware that is not there.
 */
export function readDatagram(packet: Uint8Array): Datagram | undefined {
  const read = readPacket(packet);
  if (read?.protocol !== protocols.udp) return undefined;
  const { body } = read;
  const length = wordAt(body, 4);
  if (body.length < headerLength || length < headerLength || length > body.length) return undefined;
  return {
    source: addressText(read.source),
    sourcePort: wordAt(body, 0),
    target: addressText(read.target),
    targetPort: wordAt(body, 2),
    payload: body.subarray(headerLength, length),
  };
}

/**
 * The packet of a datagram, with its checksums. Both addresses are of one family, and the payload
 * has at most {@link payloadBytesMax} bytes.
 */
export function datagramPacket(datagram: Datagram): Uint8Array {
  const { sourcePort, targetPort, payload } = datagram;
  const [source, target] = [addressBytes(datagram.source), addressBytes(datagram.target)];
  assert(source !== undefined && target !== undefined, "both ends of a datagram are addresses");
  assert(source.length === target.length, "both ends of a datagram are of one family");
  assert(payload.length <= payloadBytesMax, "a payload fits into a datagram");
  const length = headerLength + payload.length;
  const body = new Uint8Array(length);
  body.set([sourcePort >> 8, sourcePort & 0xff, targetPort >> 8, targetPort & 0xff]);
  body.set([length >> 8, length & 0xff], 4);
  body.set(payload, headerLength);
  const sum = checksum(pseudoHeader(source, target, { protocol: protocols.udp, length }), body);
  // No sum at all is written as zero, so a sum of zero is written as its other form.
  body.set(sum === 0 ? [0xff, 0xff] : [sum >> 8, sum & 0xff], 6);
  return packetOf({ source, target, protocol: protocols.udp, body });
}

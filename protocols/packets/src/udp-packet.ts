import { assert } from "@beemesh/base";
import { addressBytes } from "@beemesh/wire";
import { checksumOf, pseudoHeaderSum, sumOf } from "./checksum.ts";
import { headerBytes, ipPacket, protocols, viewOf } from "./ip-header.ts";

/** One datagram: addresses as text, both of one family, IPv6 as RFC 5952 writes it. */
export interface UdpDatagram {
  readonly source: string;
  readonly sourcePort: number;
  readonly target: string;
  readonly targetPort: number;
  readonly payload: Uint8Array;
}

export const udpHeaderBytes = 8;

/** Bytes of a payload that fit into one packet of IPv4, whose length has 16 bits. */
export const datagramBytesMax: number = 65_535 - headerBytes[4] - udpHeaderBytes;

/**
 * The packet that carries a datagram. Addresses must be of one family, ports from 0 to 65,535, and
 * the payload of at most {@link datagramBytesMax} bytes: whoever has them from outside looks first.
 */
export function udpPacket(datagram: UdpDatagram): Uint8Array {
  const { payload, sourcePort, targetPort } = datagram;
  const [source, target] = [addressBytes(datagram.source), addressBytes(datagram.target)];
  assert(source !== undefined && target !== undefined, "a datagram has addresses");
  assert(source.length === target.length, "a datagram stays in its family");
  assert(payload.length <= datagramBytesMax, "a datagram fits into a packet");
  assert([sourcePort, targetPort].every(isPort), "a datagram has ports");
  const length = udpHeaderBytes + payload.length;
  const packet = ipPacket({ protocol: protocols.udp, source, target }, length);
  const body = packet.subarray(packet.length - length);
  const view = viewOf(body);
  view.setUint16(0, sourcePort);
  view.setUint16(2, targetPort);
  view.setUint16(4, length);
  body.set(payload, udpHeaderBytes);
  const sum = sumOf(body, pseudoHeaderSum(source, target, protocols.udp, length));
  // 0 would say that there is no checksum; 0xffff is the same number (RFC 768).
  view.setUint16(6, checksumOf(sum) || 0xffff);
  return packet;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

import { assert } from "@beemesh/base";
import { addressBytes, addressText } from "@beemesh/wire";
import { checksumOf, pseudoHeaderSum, sumOf, wholeSum } from "./checksum.ts";
import { headerBytes, ipPacket, protocols, readIpHeader, viewOf } from "./ip-header.ts";

/** A datagram of UDP, and between whom it is. Addresses are texts as RFC 5952 has them. */
export interface Datagram {
  readonly source: string;
  readonly sourcePort: number;
  readonly target: string;
  readonly targetPort: number;
  readonly payload: Uint8Array;
}

/** Bytes of UDP's header: two ports, length, checksum (RFC 768). */
const udpHeaderBytes = 8;

/** Bytes that one datagram carries over IPv4, whose length has 16 bits; over IPv6 20 more. */
export const payloadBytesMax: number = 65_535 - headerBytes[4] - udpHeaderBytes;

/**
 * Reads a packet of a tun device; undefined if it is no whole datagram of UDP, or a checksum is
 * wrong: without an offload that was asked for, the kernel has filled them in. What is behind the
 * packet's end is ignored, the payload is a part of the bytes that were given.
 *
 * Source: RFC 768; for IPv6 RFC 8200, section 8.1.
 */
export function readDatagram(packet: Uint8Array): Datagram | undefined {
  const header = readIpHeader(packet);
  if (header?.protocol !== protocols.udp || header.isFragment || header.isCut) return undefined;
  const { body, source, target, version } = header;
  if (body.length < udpHeaderBytes) return undefined;
  const view = viewOf(body);
  const length = view.getUint16(4);
  if (length < udpHeaderBytes || length > body.length) return undefined;
  const datagram = body.subarray(0, length);
  // IPv4 may do without a checksum, and IPv6 may not.
  const isUnchecked = view.getUint16(6) === 0;
  if (isUnchecked && version === 6) return undefined;
  const pseudo = pseudoHeaderSum(source, target, protocols.udp, length);
  if (!isUnchecked && sumOf(datagram, pseudo) !== wholeSum) return undefined;
  return {
    source: addressText(source),
    sourcePort: view.getUint16(0),
    target: addressText(target),
    targetPort: view.getUint16(2),
    payload: datagram.subarray(udpHeaderBytes),
  };
}

/**
 * The packet of a datagram, with its checksums. Both addresses are of one family, ports from 0 to
 * 65,535, and the payload has at most {@link payloadBytesMax} bytes: whoever has them from outside
 * looks first.
 */
export function datagramPacket(datagram: Datagram): Uint8Array {
  const { payload, sourcePort, targetPort } = datagram;
  const [source, target] = [addressBytes(datagram.source), addressBytes(datagram.target)];
  assert(source !== undefined && target !== undefined, "a datagram has addresses");
  assert(source.length === target.length, "a datagram stays in its family");
  assert(payload.length <= payloadBytesMax, "a datagram fits into a packet");
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

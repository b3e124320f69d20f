import { checksumOf, sumOf, wholeSum } from "./checksum.ts";

/** What a packet's header says, of either version. */
export interface IpHeader {
  readonly version: 4 | 6;
  /** IANA's number of what the packet carries: 17 for UDP, 1 and 58 for ICMP. */
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  /** What follows the header and its extensions, without padding behind the packet. */
  readonly body: Uint8Array;
  /** Whether the packet says that it is longer: the end of its body is missing. */
  readonly isCut: boolean;
  /** A piece of a packet: its body does not begin, or does not end, as the protocol says. */
  readonly isFragment: boolean;
  /** A piece that is not the first: the body does not even begin as the protocol says. */
  readonly isTail: boolean;
}

/** IANA's numbers of protocols, and of the extensions of IPv6 that may stand before one. */
export const protocols = {
  hopByHop: 0,
  icmp: 1,
  udp: 17,
  fragment: 44,
  icmp6: 58,
  destinationOptions: 60,
} as const;

/** Bytes of a header without options or extensions. */
export const headerBytes = { 4: 20, 6: 40 } as const;

/** Extensions of IPv6 in one packet: RFC 8200 knows of five kinds, each of them once or twice. */
const extensionsMax = 8;

/** Hops that a packet may still make: as Linux sends it. */
const hops = 64;

const fragmentHeaderBytes = 8;
/** IPv4: "more fragments" and the offset. IPv6: the offset and "more fragments". */
const fragmentBits4 = 0x3fff;
const offsetBits4 = 0x1fff;
const fragmentBits6 = 0xfff9;
const offsetBits6 = 0xfff8;
const dontFragment = 0x4000;

/** Reads the header of a packet (RFC 791, RFC 8200); undefined if it is none. */
export function readIpHeader(packet: Uint8Array): IpHeader | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4) return readFour(packet);
  return version === 6 ? readSix(packet) : undefined;
}

function readFour(packet: Uint8Array): IpHeader | undefined {
  const length = ((packet[0] ?? 0) & 15) * 4;
  if (length < headerBytes[4] || packet.length < length) return undefined;
  const view = viewOf(packet);
  const total = view.getUint16(2);
  if (total < length) return undefined;
  if (sumOf(packet.subarray(0, length)) !== wholeSum) return undefined;
  const fragment = view.getUint16(6);
  return {
    version: 4,
    protocol: view.getUint8(9),
    source: packet.subarray(12, 16),
    target: packet.subarray(16, 20),
    body: packet.subarray(length, total),
    isCut: total > packet.length,
    isFragment: (fragment & fragmentBits4) !== 0,
    isTail: (fragment & offsetBits4) !== 0,
  };
}

function readSix(packet: Uint8Array): IpHeader | undefined {
  if (packet.length < headerBytes[6]) return undefined;
  const end = headerBytes[6] + viewOf(packet).getUint16(4);
  const extensions = skipExtensions(packet.subarray(0, end));
  if (extensions === undefined) return undefined;
  const { protocol, start, fragment } = extensions;
  return {
    version: 6,
    protocol,
    source: packet.subarray(8, 24),
    target: packet.subarray(24, 40),
    body: packet.subarray(start, end),
    isCut: end > packet.length,
    isFragment: (fragment & fragmentBits6) !== 0,
    isTail: (fragment & offsetBits6) !== 0,
  };
}

/**
 * Looks behind the extensions that concern nobody but the receiver. Others, such as one that says
 * another way to go, are taken for what the packet carries.
 */
function skipExtensions(
  packet: Uint8Array,
): { readonly protocol: number; readonly start: number; readonly fragment: number } | undefined {
  const view = viewOf(packet);
  let protocol = view.getUint8(6);
  let start: number = headerBytes[6];
  let fragment = 0;
  for (let count = 0; count < extensionsMax; count += 1) {
    const isFragment = protocol === protocols.fragment;
    const isOptions = protocol === protocols.hopByHop || protocol === protocols.destinationOptions;
    if (!isFragment && !isOptions) return { protocol, start, fragment };
    if (start + fragmentHeaderBytes > packet.length) return undefined;
    protocol = view.getUint8(start);
    if (isFragment) fragment |= view.getUint16(start + 2);
    start += isFragment ? fragmentHeaderBytes : 8 * (1 + view.getUint8(start + 1));
    if (start > packet.length) return undefined;
    if ((fragment & offsetBits6) !== 0) return { protocol, start, fragment };
  }
  return undefined;
}

/** What is needed to build a header. */
export interface IpEnvelope {
  readonly protocol: number;
  /** 4 bytes, or 16. */
  readonly source: Uint8Array;
  /** As many as the source has. */
  readonly target: Uint8Array;
}

/** A packet around a body, which is to be written into its end: all but the body is there. */
export function ipPacket(envelope: IpEnvelope, bodyBytes: number): Uint8Array {
  const { protocol, source, target } = envelope;
  const version = source.length === 4 ? 4 : 6;
  const length = headerBytes[version];
  const packet = new Uint8Array(length + bodyBytes);
  const view = viewOf(packet);
  if (version === 6) {
    view.setUint8(0, 0x60);
    view.setUint16(4, bodyBytes);
    view.setUint8(6, protocol);
    view.setUint8(7, hops);
    packet.set(source, 8);
    packet.set(target, 24);
    return packet;
  }
  view.setUint8(0, 0x45);
  view.setUint16(2, packet.length);
  // Never cut, so it needs no number that tells its pieces (RFC 6864).
  view.setUint16(6, dontFragment);
  view.setUint8(8, hops);
  view.setUint8(9, protocol);
  packet.set(source, 12);
  packet.set(target, 16);
  view.setUint16(10, checksumOf(sumOf(packet.subarray(0, length))));
  return packet;
}

/** The bytes as numbers, big end first. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

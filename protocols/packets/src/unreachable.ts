import { checksumOf, pseudoHeaderSum, sumOf } from "./checksum.ts";
import {
  headerBytes,
  type IpHeader,
  ipPacket,
  protocols,
  readIpHeader,
  viewOf,
} from "./ip-header.ts";

/**
 * Type and codes of "destination unreachable": the port is closed, which a program is told as
 * "connection refused", or it is administratively prohibited to go there (RFC 1812, 5.2.7.1; RFC
 * 4443, 3.1).
 */
const kinds = {
  4: { type: 3, closed: 3, prohibited: 13 },
  6: { type: 1, closed: 4, prohibited: 1 },
} as const;

/** Type, code, checksum and four bytes that are not used. */
const icmpHeaderBytes = 8;

/** Bytes of such a packet: 576 of IPv4 (RFC 1812, 4.3.2.3), 1,280 of IPv6 (RFC 4443, 2.4). */
const packetBytesMax = { 4: 576, 6: 1280 } as const;

/** ICMP questions, and ICMPv6 messages of other kinds than errors, may be answered by errors. */
const questions4: ReadonlySet<number> = new Set([8, 10, 13, 15, 17]);
const firstInformation6 = 128;

/**
 * The answer of a router that does not let a packet pass, as if it came from where the packet was
 * to go: whoever sent it so learns at once that it is in vain. Of a long packet its first 1,280
 * bytes are enough.
 *
 * @returns undefined for packets that are never answered: malformed ones, other than first pieces,
 *   errors of ICMP, to and from groups and addresses that are nobody's (RFC 1122, 3.2.2; RFC 4443,
 *   2.4).
 */
export function unreachablePacket(
  original: Uint8Array,
  why: "closed" | "prohibited",
): Uint8Array | undefined {
  const header = readIpHeader(original);
  if (header === undefined || !mayBeAnswered(header)) return undefined;
  const { source, target, version } = header;
  const { type, [why]: code } = kinds[version];
  const room = packetBytesMax[version] - headerBytes[version] - icmpHeaderBytes;
  const quoted = original.subarray(0, Math.min(endOf(header, original), room));
  const protocol = version === 4 ? protocols.icmp : protocols.icmp6;
  const length = icmpHeaderBytes + quoted.length;
  const packet = ipPacket({ protocol, source: target, target: source }, length);
  const body = packet.subarray(packet.length - length);
  const view = viewOf(body);
  view.setUint8(0, type);
  view.setUint8(1, code);
  body.set(quoted, icmpHeaderBytes);
  const pseudo = version === 4 ? 0 : pseudoHeaderSum(target, source, protocol, length);
  view.setUint16(2, checksumOf(sumOf(body, pseudo)));
  return packet;
}

/** Where the packet ends: what is behind its body is not its own. */
function endOf({ body }: IpHeader, original: Uint8Array): number {
  return body.byteOffset - original.byteOffset + body.length;
}

function mayBeAnswered({ body, isTail, protocol, source, target, version }: IpHeader): boolean {
  if (isTail || isNobodys(source) || isNobodys(target)) return false;
  const kind = body[0] ?? 0;
  if (version === 4) return protocol !== protocols.icmp || questions4.has(kind);
  return protocol !== protocols.icmp6 || kind >= firstInformation6;
}

/** Whether an address is no single host's: unspecified, a group, broadcast, or reserved. */
function isNobodys(address: Uint8Array): boolean {
  const first = address[0] ?? 0;
  if (address.length === 4) return first === 0 || first >= 224;
  return first === 0xff || address.every((byte) => byte === 0);
}

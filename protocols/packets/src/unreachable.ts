import { checksum, pseudoHeader } from "./checksum.ts";
import { packetOf, protocols, readPacket } from "./header.ts";

/** Destination unreachable, communication administratively prohibited (RFC 1812, 5.2.7.1). */
const prohibited4 = { type: 3, code: 13 } as const;
/** The same of ICMPv6 (RFC 4443, section 3.1). */
const prohibited6 = { type: 1, code: 1 } as const;
/** The port is closed: what a program that sends is told as "connection refused". */
const closed4 = { type: 3, code: 3 } as const;
const closed6 = { type: 1, code: 4 } as const;

/** Bytes of the packet that an answer repeats (RFC 1812, 4.3.2.3; RFC 4443, 2.4, less its own). */
const repeatedBytesMax = { 4: 548, 6: 1232 } as const;

/**
 * The ICMP packet that says to the sender of a packet that it was not delivered: because the port
 * is `closed`, or because it is `prohibited` to go there. It comes from the packet's target.
 *
 * @returns Undefined if it was ICMP itself, or is no packet: those are never answered.
 */
export function unreachablePacket(
  packet: Uint8Array,
  why: "closed" | "prohibited",
): Uint8Array | undefined {
  const read = readPacket(packet);
  if (read === undefined) return undefined;
  const { source, target } = read;
  if (read.protocol === protocols.icmp4 || read.protocol === protocols.icmp6) return undefined;
  const is4 = source.length === 4;
  const [told4, told6] = why === "closed" ? [closed4, closed6] : [prohibited4, prohibited6];
  const { type, code } = is4 ? told4 : told6;
  const repeated = packet.subarray(0, is4 ? repeatedBytesMax[4] : repeatedBytesMax[6]);
  const body = Uint8Array.from([type, code, 0, 0, 0, 0, 0, 0, ...repeated]);
  const protocol = is4 ? protocols.icmp4 : protocols.icmp6;
  const of = { protocol, length: body.length };
  const sum = is4 ? checksum(body) : checksum(pseudoHeader(target, source, of), body);
  body.set([sum >> 8, sum & 0xff], 2);
  return packetOf({ source: target, target: source, protocol, body });
}

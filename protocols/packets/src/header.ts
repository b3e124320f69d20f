import { addressLength } from "./address.ts";
import { checksum } from "./checksum.ts";

/** Numbers of protocols, as IANA assigns them. */
export const protocols = { icmp4: 1, udp: 17, icmp6: 58 } as const;

/** What stands before the body of a packet, and the body. */
export interface Packet {
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  readonly protocol: number;
  readonly body: Uint8Array;
}

const headerLength = { 4: 20, 6: 40 } as const;

/** Extension headers of IPv6 that may stand before UDP; each tells its length (RFC 8200, 4.1). */
const extensions: ReadonlySet<number> = new Set([0, 43, 60]);

/** Extension headers of one packet; real ones have none, or one. */
const extensionsMax = 4;

const hopLimit = 64;

/**
 * Reads a packet. What is cut short, or a fragment of a larger one, is none: the device's packets
 * may be as large as IP allows, so nothing has to be cut.
 */
export function readPacket(bytes: Uint8Array): Packet | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4) return readPacket4(bytes);
  return version === 6 ? readPacket6(bytes) : undefined;
}

/** Writes a packet; both addresses are of one family. */
export function packetOf({ source, target, protocol, body }: Packet): Uint8Array {
  const is4 = source.length === addressLength[4];
  const start = is4 ? headerLength[4] : headerLength[6];
  const bytes = new Uint8Array(start + body.length);
  if (is4) {
    bytes.set([0x45, 0, bytes.length >> 8, bytes.length & 0xff, 0, 0, 0x40, 0, hopLimit, protocol]);
    bytes.set(source, 12);
    bytes.set(target, 16);
    const sum = checksum(bytes.subarray(0, start));
    bytes.set([sum >> 8, sum & 0xff], 10);
  } else {
    bytes.set([0x60, 0, 0, 0, body.length >> 8, body.length & 0xff, protocol, hopLimit]);
    bytes.set(source, 8);
    bytes.set(target, 24);
  }
  bytes.set(body, start);
  return bytes;
}

function readPacket4(bytes: Uint8Array): Packet | undefined {
  const start = ((bytes[0] ?? 0) & 0x0f) * 4;
  const end = wordAt(bytes, 2);
  if (start < headerLength[4] || end < start || end > bytes.length) return undefined;
  // More fragments, or not the first one.
  if ((wordAt(bytes, 6) & 0x3fff) !== 0) return undefined;
  return {
    source: bytes.subarray(12, 16),
    target: bytes.subarray(16, 20),
    protocol: bytes[9] ?? 0,
    body: bytes.subarray(start, end),
  };
}

function readPacket6(bytes: Uint8Array): Packet | undefined {
  const end = headerLength[6] + wordAt(bytes, 4);
  if (bytes.length < headerLength[6] || end > bytes.length) return undefined;
  let protocol = bytes[6] ?? 0;
  let start: number = headerLength[6];
  for (let count = 0; extensions.has(protocol); count += 1) {
    if (count >= extensionsMax || start + 8 > end) return undefined;
    protocol = bytes[start] ?? 0;
    start += ((bytes[start + 1] ?? 0) + 1) * 8;
  }
  if (start > end) return undefined;
  return {
    source: bytes.subarray(8, 24),
    target: bytes.subarray(24, 40),
    protocol,
    body: bytes.subarray(start, end),
  };
}

/** Two bytes, the high one first. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

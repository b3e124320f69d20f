/**
 * The checksum of the internet protocols (RFC 1071): the ones' complement of the ones' complement
 * sum of all 16-bit words; an odd last byte counts as the high half of a word.
 */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    // Every part but the last has an even length, so each starts a new word.
    for (let index = 0; index < part.length; index += 2) {
      sum += ((part[index] ?? 0) << 8) | (part[index + 1] ?? 0);
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/**
 * What UDP and ICMPv6 add to what is summed: both addresses, the length and the protocol.
 * Source: RFC 768; RFC 8200, section 8.1.
 */
export function pseudoHeader(
  source: Uint8Array,
  target: Uint8Array,
  of: { readonly protocol: number; readonly length: number },
): Uint8Array {
  const { protocol, length } = of;
  const tail =
    source.length === 4
      ? [0, protocol, length >> 8, length & 0xff]
      : [0, 0, length >> 8, length & 0xff, 0, 0, 0, protocol];
  return Uint8Array.from([...source, ...target, ...tail]);
}

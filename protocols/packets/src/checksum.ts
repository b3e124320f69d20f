/**
 * The sum that IP, UDP and ICMP protect themselves with: ones' complement, 16 bits wide.
 *
 * Source: RFC 1071.
 */

/** Adds bytes to a sum, an odd last one as if a zero followed. At most 64 KiB at once. */
export function sumOf(bytes: Uint8Array, sum = 0): number {
  const even = bytes.length - (bytes.length % 2);
  let total = sum;
  for (let at = 0; at < even; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (even < bytes.length) total += (bytes[even] ?? 0) << 8;
  return folded(total);
}

/**
 * What UDP and ICMPv6 sum up besides their own bytes: the addresses, the protocol and the length
 * (RFC 768, RFC 8200 section 8.1).
 */
export function pseudoHeaderSum(
  source: Uint8Array,
  target: Uint8Array,
  protocol: number,
  length: number,
): number {
  return folded(sumOf(source) + sumOf(target) + protocol + length);
}

/** The checksum of a sum: with it in its place the sum of all is {@link wholeSum}. */
export function checksumOf(sum: number): number {
  return sum ^ 0xffff;
}

/** The sum of what is whole. */
export const wholeSum = 0xffff;

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + Math.floor(rest / 0x1_0000);
  return rest;
}

/** Bytes of an address of each family. */
export const addressLength = { 4: 4, 6: 16 } as const;

const groupsOfIp6 = 8;

/**
 * The text of an IPv4 address of 4 bytes, or an IPv6 address of 16, in the one form that RFC 5952
 * gives it: lower case, no leading zeros, the first longest run of zero groups as `::`.
 */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === addressLength[4]) return bytes.join(".");
  const groups = Array.from(
    { length: groupsOfIp6 },
    (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  );
  const zeros = longestZeros(groups);
  const part = (from: number, to?: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  if (zeros.length < 2) return part(0);
  return `${part(0, zeros.start)}::${part(zeros.start + zeros.length)}`;
}

/** The bytes of an address in any usual form but with IPv4 inside IPv6; undefined if it is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  return text.includes(":") ? ip6Bytes(text) : ip4Bytes(text);
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

function ip4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/u.test(part));
  const bytes = parts.map(Number);
  return isAddress && bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : undefined;
}

function ip6Bytes(text: string): Uint8Array | undefined {
  const halves = text.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const [front = [], back] = halves;
  if (halves.length > 2) return undefined;
  const missing = groupsOfIp6 - front.length - (back?.length ?? 0);
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...Array.from({ length: missing }, () => "0"), ...(back ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/iu.test(group))) return undefined;
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(numbers.flatMap((number) => [number >> 8, number & 0xff]));
}

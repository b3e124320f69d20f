/**
 * Addresses and ranges of IPv4 and IPv6, as text and as numbers.
 *
 * Source: RFC 4291, section 2.2; RFC 4632, section 3.1.
 */

/** An address as a number of 32 or 128 bits. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** A range of addresses: all that begin with the same bits. */
export interface IpRange {
  readonly bits: 32 | 128;
  /** The first address. */
  readonly first: bigint;
  /** How many leading bits are the same, from 0 to `bits`. */
  readonly prefixLength: number;
}

const bytePattern = /^(?:0|[1-9]\d{0,2})$/u;
const groupPattern = /^[0-9a-fA-F]{1,4}$/u;
const prefixPattern = /^(?:0|[1-9]\d{0,2})$/u;

/** Longest text of an address: IPv6 with its last four bytes as IPv4. */
const addressLengthMax = 45;

/** Reads an address; undefined if it is none. Zones and leading zeros of IPv4 are not taken. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.length > addressLengthMax) return undefined;
  const value = text.includes(":") ? parseSix(text) : parseFour(text);
  return value === undefined ? undefined : { bits: text.includes(":") ? 128 : 32, value };
}

/** Reads a range such as `10.0.0.0/8`, without the bits behind the prefix; undefined for others. */
export function parseIpRange(text: string): IpRange | undefined {
  const [start = "", length = "", ...rest] = text.split("/");
  const address = parseIpAddress(start);
  if (address === undefined || rest.length > 0 || !prefixPattern.test(length)) return undefined;
  const prefixLength = Number(length);
  if (prefixLength > address.bits) return undefined;
  const tail = BigInt(address.bits - prefixLength);
  return { bits: address.bits, first: (address.value >> tail) << tail, prefixLength };
}

/** Whether an address is in a range; one of the other family is not. */
export function isInIpRange(range: IpRange, address: IpAddress): boolean {
  const tail = BigInt(range.bits - range.prefixLength);
  return range.bits === address.bits && address.value >> tail === range.first >> tail;
}

function parseFour(text: string): bigint | undefined {
  const bytes = text.split(".");
  if (bytes.length !== 4) return undefined;
  if (!bytes.every((byte) => bytePattern.test(byte) && Number(byte) <= 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function parseSix(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const zeros = halves.length === 1 ? [] : Array.from({ length: missing }, () => 0n);
  return [...head, ...zeros, ...(tail ?? [])].reduce((sum, group) => sum * 65_536n + group, 0n);
}

function groupsOf(text: string): readonly bigint[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1) ?? "";
  const four = last.includes(".") ? parseFour(last) : undefined;
  const plain = four === undefined ? parts : parts.slice(0, -1);
  if (!plain.every((part) => groupPattern.test(part))) return undefined;
  const groups = plain.map((part) => BigInt(`0x${part}`));
  return four === undefined ? groups : [...groups, four / 65_536n, four % 65_536n];
}

/**
 * Addresses, ranges of them and URLs in expressions.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library
 */
import {
  type IpAddress,
  type IpRange,
  isInIpRange,
  parseIpAddress,
  parseIpRange,
} from "@beemesh/model";
import { addressText } from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { Fault } from "./fault.ts";
import type { Library } from "./overload.ts";
import { parseUrl, type UrlParts } from "./url.ts";
import { mapValue, OpaqueValue } from "./value.ts";

class IpValue extends OpaqueValue {
  readonly type = "net.IP";
  readonly address: IpAddress;
  readonly text: string;

  constructor(address: IpAddress) {
    super();
    this.address = address;
    this.text = addressText(address);
  }
}

/** A range as it was written: its address may have bits behind the prefix. */
class CidrValue extends OpaqueValue {
  readonly type = "net.CIDR";
  readonly range: IpRange;
  readonly address: IpAddress;
  readonly text: string;

  constructor(range: IpRange, address: IpAddress) {
    super();
    this.range = range;
    this.address = address;
    this.text = `${addressText(address)}/${range.prefixLength}`;
  }
}

class UrlValue extends OpaqueValue {
  readonly type = "kubernetes.URL";
  readonly parts: UrlParts;
  readonly text: string;

  constructor(parts: UrlParts, text: string) {
    super();
    this.parts = parts;
    this.text = text;
  }
}

function ip(text: string): IpValue {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Fault(`IP Address "${text}" parse error`);
  return new IpValue(address);
}

function rangesOf(...texts: readonly string[]): readonly IpRange[] {
  return texts.flatMap((text) => parseIpRange(text) ?? []);
}

const loopback = rangesOf("127.0.0.0/8", "::1/128");
const linkLocal = rangesOf("169.254.0.0/16", "fe80::/10");
const linkMulticast = rangesOf("224.0.0.0/24", "ff02::/16");
const unrouted = [
  ...loopback,
  ...linkLocal,
  ...rangesOf("224.0.0.0/4", "ff00::/8", "255.255.255.255/32"),
];

function isWithin({ address }: IpValue, ranges: readonly IpRange[]): boolean {
  return ranges.some((range) => isInIpRange(range, address));
}

function isGlobal(value: IpValue): boolean {
  return value.address.value !== 0n && !isWithin(value, unrouted);
}

const addresses: Library = {
  "ip(string): IP": (given) => ip(given.text(0)),
  "isIP(string): bool": (given) => parseIpAddress(given.text(0)) !== undefined,
  "ip.isCanonical(string): bool": (given) => ip(given.text(0)).text === given.text(0),
  "string(IP): string": (given) => given.of(0, IpValue).text,
  "IP.family(): int": (given) => (given.of(0, IpValue).address.bits === 32 ? 4n : 6n),
  "IP.isUnspecified(): bool": (given) => given.of(0, IpValue).address.value === 0n,
  "IP.isLoopback(): bool": (given) => isWithin(given.of(0, IpValue), loopback),
  "IP.isLinkLocalMulticast(): bool": (given) => isWithin(given.of(0, IpValue), linkMulticast),
  "IP.isLinkLocalUnicast(): bool": (given) => isWithin(given.of(0, IpValue), linkLocal),
  "IP.isGlobalUnicast(): bool": (given) => isGlobal(given.of(0, IpValue)),
};

function parseCidr(text: string): CidrValue | undefined {
  const range = parseIpRange(text);
  const address = parseIpAddress(text.split("/")[0] ?? "");
  return range === undefined || address === undefined ? undefined : new CidrValue(range, address);
}

function cidr(text: string): CidrValue {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Fault(`network address parse error: "${text}"`);
  return parsed;
}

function masked({ range }: CidrValue): CidrValue {
  return new CidrValue(range, { bits: range.bits, value: range.first });
}

function contains(outer: CidrValue, inner: CidrValue): boolean {
  const start: IpAddress = { bits: inner.range.bits, value: inner.range.first };
  const isLonger = outer.range.prefixLength <= inner.range.prefixLength;
  return isLonger && isInIpRange(outer.range, start);
}

function containsIp(given: Arguments, { address }: IpValue): boolean {
  return isInIpRange(given.of(0, CidrValue).range, address);
}

const ranges: Library = {
  "cidr(string): CIDR": (given) => cidr(given.text(0)),
  "isCIDR(string): bool": (given) => parseCidr(given.text(0)) !== undefined,
  "string(CIDR): string": (given) => given.of(0, CidrValue).text,
  "CIDR.ip(): IP": (given) => new IpValue(given.of(0, CidrValue).address),
  "CIDR.prefixLength(): int": (given) => BigInt(given.of(0, CidrValue).range.prefixLength),
  "CIDR.masked(): CIDR": (given) => masked(given.of(0, CidrValue)),
  "CIDR.containsIP(IP): bool": (given) => containsIp(given, given.of(1, IpValue)),
  "CIDR.containsIP(string): bool": (given) => containsIp(given, ip(given.text(1))),
  "CIDR.containsCIDR(CIDR): bool": (given) =>
    contains(given.of(0, CidrValue), given.of(1, CidrValue)),
  "CIDR.containsCIDR(string): bool": (given) =>
    contains(given.of(0, CidrValue), cidr(given.text(1))),
};

function url(text: string): UrlValue {
  const parts = parseUrl(text);
  if (parts !== undefined) return new UrlValue(parts, text);
  throw new Fault(`URL parse error during conversion from string: parse "${text}"`);
}

const urls: Library = {
  "url(string): URL": (given) => url(given.text(0)),
  "isURL(string): bool": (given) => parseUrl(given.text(0)) !== undefined,
  "URL.getScheme(): string": (given) => given.of(0, UrlValue).parts.scheme,
  "URL.getHost(): string": (given) => given.of(0, UrlValue).parts.host,
  "URL.getHostname(): string": (given) => given.of(0, UrlValue).parts.hostname,
  "URL.getPort(): string": (given) => given.of(0, UrlValue).parts.port,
  "URL.getEscapedPath(): string": (given) => given.of(0, UrlValue).parts.escapedPath,
  "URL.getQuery(): map<string, list<string>>": (given) =>
    mapValue(new Map(given.of(0, UrlValue).parts.query)),
};

/** Addresses, ranges and URLs in expressions. */
export const networkLibrary: Library = { ...addresses, ...ranges, ...urls };

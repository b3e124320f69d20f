/**
 * What Kubernetes adds: quantities, addresses, URLs, named formats, versions.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/
 */
import {
  compareQuantities,
  formatQuantity,
  type IpAddress,
  type IpRange,
  isInIpRange,
  labelError,
  labelValueError,
  letterLabelError,
  parseIpAddress,
  parseIpRange,
  parseQuantity,
  type Quantity,
  qualifiedNameError,
  subdomainError,
} from "@beemesh/model";
import { addressText } from "./address.ts";
import { isBase64 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import type { Library } from "./overload.ts";
import { on } from "./standard.ts";
import { momentOf } from "./time.ts";
import { parseUrl, type UrlParts } from "./url.ts";
import { mapValue, OpaqueValue, OptionalValue, type Value } from "./value.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

const nanoPerUnit = 1_000_000_000n;

function quantity(text: string): OpaqueValue {
  const parsed = parseQuantity(text);
  if (parsed === undefined) {
    throw new Fault(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return quantityValue(parsed);
}

function quantityValue(parsed: Quantity): OpaqueValue {
  return new OpaqueValue("kubernetes.Quantity", parsed, String(parsed.nano));
}

function quantityOf(value: OpaqueValue): Quantity {
  return value.content as Quantity;
}

function moved(a: OpaqueValue, b: OpaqueValue | bigint, sign: 1n | -1n): OpaqueValue {
  const by = typeof b === "bigint" ? b * nanoPerUnit : quantityOf(b).nano;
  const { nano, form } = quantityOf(a);
  return quantityValue({ nano: nano + sign * by, form });
}

function comparedQuantities(a: OpaqueValue, b: OpaqueValue): number {
  return compareQuantities(quantityOf(a), quantityOf(b));
}

function wholeOf(value: OpaqueValue): bigint {
  const { nano } = quantityOf(value);
  if (nano % nanoPerUnit !== 0n) throw new Fault("cannot convert value to integer");
  return nano / nanoPerUnit;
}

const quantities: Library = {
  "quantity(string): Quantity": on(quantity),
  "isQuantity(string): bool": on((text: string) => parseQuantity(text) !== undefined),
  "Quantity.sign(): int": on((a: OpaqueValue) => {
    const { nano } = quantityOf(a);
    return nano === 0n ? 0n : nano < 0n ? -1n : 1n;
  }),
  "Quantity.isInteger(): bool": on((a: OpaqueValue) => quantityOf(a).nano % nanoPerUnit === 0n),
  "Quantity.asInteger(): int": on(wholeOf),
  "Quantity.asApproximateFloat(): double": on((a: OpaqueValue) => Number(quantityOf(a).nano) / 1e9),
  "Quantity.add(Quantity): Quantity": on((a: OpaqueValue, b: OpaqueValue) => moved(a, b, 1n)),
  "Quantity.add(int): Quantity": on((a: OpaqueValue, b: bigint) => moved(a, b, 1n)),
  "Quantity.sub(Quantity): Quantity": on((a: OpaqueValue, b: OpaqueValue) => moved(a, b, -1n)),
  "Quantity.sub(int): Quantity": on((a: OpaqueValue, b: bigint) => moved(a, b, -1n)),
  "Quantity.compareTo(Quantity): int": on((a: OpaqueValue, b: OpaqueValue) =>
    BigInt(Math.sign(comparedQuantities(a, b))),
  ),
  "Quantity.isGreaterThan(Quantity): bool": on(
    (a: OpaqueValue, b: OpaqueValue) => comparedQuantities(a, b) > 0,
  ),
  "Quantity.isLessThan(Quantity): bool": on(
    (a: OpaqueValue, b: OpaqueValue) => comparedQuantities(a, b) < 0,
  ),
  "string(Quantity): string": on((a: OpaqueValue) => formatQuantity(quantityOf(a))),
};

function ipValue(address: IpAddress): OpaqueValue {
  return new OpaqueValue("net.IP", address, addressText(address));
}

function ip(text: string): OpaqueValue {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Fault(`IP Address "${text}" parse error`);
  return ipValue(address);
}

function addressOf(value: OpaqueValue): IpAddress {
  return value.content as IpAddress;
}

const v4 = (text: string): IpRange => range(text);
function range(text: string): IpRange {
  return parseIpRange(text) ?? { bits: 32, first: 0n, prefixLength: 32 };
}

const loopback = [v4("127.0.0.0/8"), range("::1/128")];
const linkLocal = [v4("169.254.0.0/16"), range("fe80::/10")];
const linkMulticast = [v4("224.0.0.0/24"), range("ff02::/16")];
const multicast = [v4("224.0.0.0/4"), range("ff00::/8")];
const broadcast = [v4("255.255.255.255/32")];

function isWithin(value: OpaqueValue, ranges: readonly IpRange[]): boolean {
  return ranges.some((each) => isInIpRange(each, addressOf(value)));
}

function isGlobal(value: OpaqueValue): boolean {
  const local = [...loopback, ...linkLocal, ...multicast, ...broadcast];
  return addressOf(value).value !== 0n && !isWithin(value, local);
}

const addresses: Library = {
  "ip(string): IP": on(ip),
  "isIP(string): bool": on((text: string) => parseIpAddress(text) !== undefined),
  "ip.isCanonical(string): bool": on((text: string) => ip(text).text === text),
  "string(IP): string": on((a: OpaqueValue) => a.text),
  "IP.family(): int": on((a: OpaqueValue) => (addressOf(a).bits === 32 ? 4n : 6n)),
  "IP.isUnspecified(): bool": on((a: OpaqueValue) => addressOf(a).value === 0n),
  "IP.isLoopback(): bool": on((a: OpaqueValue) => isWithin(a, loopback)),
  "IP.isLinkLocalMulticast(): bool": on((a: OpaqueValue) => isWithin(a, linkMulticast)),
  "IP.isLinkLocalUnicast(): bool": on((a: OpaqueValue) => isWithin(a, linkLocal)),
  "IP.isGlobalUnicast(): bool": on(isGlobal),
};

/** A range as it was written: its address may have bits behind the prefix. */
interface Cidr {
  readonly range: IpRange;
  readonly address: IpAddress;
}

function parseCidr(text: string): Cidr | undefined {
  const parsed = parseIpRange(text);
  const address = parseIpAddress(text.split("/")[0] ?? "");
  return parsed === undefined || address === undefined ? undefined : { range: parsed, address };
}

function cidr(text: string): OpaqueValue {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Fault(`network address parse error: "${text}"`);
  return cidrValue(parsed);
}

function cidrValue(parsed: Cidr): OpaqueValue {
  const text = `${addressText(parsed.address)}/${parsed.range.prefixLength}`;
  return new OpaqueValue("net.CIDR", parsed, text);
}

function cidrOf(value: OpaqueValue): Cidr {
  return value.content as Cidr;
}

function masked(value: OpaqueValue): OpaqueValue {
  const { range: own } = cidrOf(value);
  return cidrValue({ range: own, address: { bits: own.bits, value: own.first } });
}

function containsRange(a: OpaqueValue, b: OpaqueValue): boolean {
  const [outer, inner] = [cidrOf(a).range, cidrOf(b).range];
  const start: IpAddress = { bits: inner.bits, value: inner.first };
  return outer.prefixLength <= inner.prefixLength && isInIpRange(outer, start);
}

const ranges: Library = {
  "cidr(string): CIDR": on(cidr),
  "isCIDR(string): bool": on((text: string) => parseCidr(text) !== undefined),
  "string(CIDR): string": on((a: OpaqueValue) => a.text),
  "CIDR.ip(): IP": on((a: OpaqueValue) => ipValue(cidrOf(a).address)),
  "CIDR.prefixLength(): int": on((a: OpaqueValue) => BigInt(cidrOf(a).range.prefixLength)),
  "CIDR.masked(): CIDR": on(masked),
  "CIDR.containsIP(IP): bool": on((a: OpaqueValue, b: OpaqueValue) =>
    isInIpRange(cidrOf(a).range, addressOf(b)),
  ),
  "CIDR.containsIP(string): bool": on((a: OpaqueValue, b: string) =>
    isInIpRange(cidrOf(a).range, addressOf(ip(b))),
  ),
  "CIDR.containsCIDR(CIDR): bool": on(containsRange),
  "CIDR.containsCIDR(string): bool": on((a: OpaqueValue, b: string) => containsRange(a, cidr(b))),
};

function url(text: string): OpaqueValue {
  const parts = parseUrl(text);
  if (parts === undefined)
    throw new Fault(`URL parse error during conversion from string: parse "${text}"`);
  return new OpaqueValue("kubernetes.URL", parts, text);
}

function partsOf(value: OpaqueValue): UrlParts {
  return value.content as UrlParts;
}

const urls: Library = {
  "url(string): URL": on(url),
  "isURL(string): bool": on((text: string) => parseUrl(text) !== undefined),
  "URL.getScheme(): string": on((a: OpaqueValue) => partsOf(a).scheme),
  "URL.getHost(): string": on((a: OpaqueValue) => partsOf(a).host),
  "URL.getHostname(): string": on((a: OpaqueValue) => partsOf(a).hostname),
  "URL.getPort(): string": on((a: OpaqueValue) => partsOf(a).port),
  "URL.getEscapedPath(): string": on((a: OpaqueValue) => partsOf(a).escapedPath),
  "URL.getQuery(): map<string, list<string>>": on((a: OpaqueValue) =>
    mapValue(new Map(partsOf(a).query)),
  ),
};

type Check = (text: string) => string | undefined;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** Names with something made up behind them may end where a name may not. */
function prefixCheck(check: Check): Check {
  return (text) => check(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);
}

const formats: Readonly<Record<string, Check>> = {
  dns1123Label: labelError,
  dns1123Subdomain: subdomainError,
  dns1035Label: letterLabelError,
  qualifiedName: qualifiedNameError,
  dns1123LabelPrefix: prefixCheck(labelError),
  dns1123SubdomainPrefix: prefixCheck(subdomainError),
  dns1035LabelPrefix: prefixCheck(letterLabelError),
  labelValue: labelValueError,
  uri: (text) => (parseUrl(text) === undefined ? "invalid URI" : undefined),
  uuid: (text) => (uuid.test(text) ? undefined : "does not match the UUID format"),
  byte: (text) => (isBase64(text) ? undefined : "invalid base64"),
  date: (text) =>
    /^\d{4}-\d\d-\d\d$/u.test(text) && momentOf(text) !== undefined ? undefined : "invalid date",
  datetime: (text) =>
    text.length > 10 && momentOf(text) !== undefined ? undefined : "invalid datetime",
};

function format(name: string): OpaqueValue {
  return new OpaqueValue("kubernetes.NamedFormat", formats[name], name);
}

function validated(a: OpaqueValue, text: string): OptionalValue {
  const problem = (a.content as Check)(text);
  return new OptionalValue(problem === undefined ? undefined : [problem]);
}

const namedFormats: Library = {
  ...Object.fromEntries(
    Object.keys(formats).map((name) => [`format.${name}(): NamedFormat`, on(() => format(name))]),
  ),
  "format.named(string): optional<NamedFormat>": on(
    (name: string) => new OptionalValue(Object.hasOwn(formats, name) ? format(name) : undefined),
  ),
  "NamedFormat.validate(string): optional<list<string>>": on(validated),
};

function semver(text: string, isLenient: Value = false): OpaqueValue {
  const version = parseVersion(text, isLenient === true);
  if (version === undefined) throw new Fault(`semver parse error: "${text}"`);
  return new OpaqueValue("kubernetes.Semver", version, text);
}

function versionOf(value: OpaqueValue): Version {
  return value.content as Version;
}

function comparedVersions(a: OpaqueValue, b: OpaqueValue): number {
  return compareVersions(versionOf(a), versionOf(b));
}

const versions: Library = {
  "semver(string): Semver": on((text: string) => semver(text)),
  "semver(string, bool): Semver": on(semver),
  "isSemver(string): bool": on((text: string) => parseVersion(text, false) !== undefined),
  "isSemver(string, bool): bool": on(
    (text: string, isLenient: boolean) => parseVersion(text, isLenient) !== undefined,
  ),
  "Semver.major(): int": on((a: OpaqueValue) => versionOf(a).numbers[0]),
  "Semver.minor(): int": on((a: OpaqueValue) => versionOf(a).numbers[1]),
  "Semver.patch(): int": on((a: OpaqueValue) => versionOf(a).numbers[2]),
  "Semver.compareTo(Semver): int": on((a: OpaqueValue, b: OpaqueValue) =>
    BigInt(comparedVersions(a, b)),
  ),
  "Semver.isGreaterThan(Semver): bool": on(
    (a: OpaqueValue, b: OpaqueValue) => comparedVersions(a, b) > 0,
  ),
  "Semver.isLessThan(Semver): bool": on(
    (a: OpaqueValue, b: OpaqueValue) => comparedVersions(a, b) < 0,
  ),
};

/** What Kubernetes adds. */
export const kubernetesLibrary: Library = {
  ...quantities,
  ...addresses,
  ...ranges,
  ...urls,
  ...namedFormats,
  ...versions,
};

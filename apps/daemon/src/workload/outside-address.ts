import { BlockList, isIP } from "node:net";

/** This machine's own addresses and the ports on them that no pod may reach by itself. */
export interface OwnPlaces {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

/**
 * Addresses that mean this machine, its own network segment, or the cloud that it runs in: a pod
 * that reached them would act as the machine.
 *
 * Source: IANA special-purpose registries (RFC 6890), and the metadata services of clouds.
 */
const innerRanges = [
  ["0.0.0.0", 8, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  // Metadata of Alibaba Cloud and of Oracle Cloud.
  ["100.100.100.200", 32, "ipv4"],
  ["192.0.0.192", 32, "ipv4"],
  ["::", 127, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
  // Metadata of AWS.
  ["fd00:ec2::254", 128, "ipv6"],
] as const;

const inner = new BlockList();
for (const [network, prefix, family] of innerRanges) inner.addSubnet(network, prefix, family);

/** IPv4 within IPv6, in the forms that a kernel or a gateway takes for IPv4. */
const embeddedPattern = /^(?:::ffff:|64:ff9b::)(.+)$/u;

/**
 * Why a pod may not be connected to an address outside the mesh; undefined if it may. A policy
 * that names the address itself is asked before this, and stands above it.
 */
export function innerFault(address: string, port: number, own: OwnPlaces): string | undefined {
  const plain = plainOf(address);
  const version = isIP(plain);
  if (version === 0) return `${address} is no address`;
  if (inner.check(plain, version === 4 ? "ipv4" : "ipv6")) {
    return `${address} is this machine's own, its link's or its cloud's`;
  }
  const isOwn = own.addresses.includes(plain) && own.ports.includes(port);
  return isOwn ? `${address} port ${port} is a door of this machine` : undefined;
}

/** The shortest form of an address, and IPv4 as such. */
function plainOf(address: string): string {
  const bare = address.replace(/%.*$/u, "");
  if (isIP(bare) !== 6) return bare;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, embedded] = embeddedPattern.exec(short) ?? [];
  if (embedded === undefined) return short;
  const [high = 0, low = 0] = embedded.split(":").map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

import { BlockList, isIP } from "node:net";

/** An IP address and a port. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Ways to one machine that are tried: a machine has a few networks, not many. */
const addressesMax = 8;

const local = new BlockList();
local.addSubnet("127.0.0.0", 8, "ipv4");
local.addSubnet("0.0.0.0", 8, "ipv4");
local.addSubnet("169.254.0.0", 16, "ipv4");
local.addSubnet("224.0.0.0", 3, "ipv4");
local.addSubnet("::", 127, "ipv6");
local.addSubnet("fe80::", 10, "ipv6");
local.addSubnet("ff00::", 8, "ipv6");

/** `10.0.0.1:7947` or `[2001:db8::1]:7947`. */
export function socketAddressText({ host, port }: SocketAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Reads what a machine says of where it can be reached: a list with commas. What is no address is
 * left out. So are addresses that mean another place on each machine, unless `isLocal`: then this
 * mesh lives on one computer, and is reached over loopback.
 */
export function readSocketAddresses(text: string, isLocal: boolean): readonly SocketAddress[] {
  return text
    .split(",", addressesMax)
    .flatMap((item) => readSocketAddress(item.trim()) ?? [])
    .filter(({ host }) => isLocal || !local.check(host, isIP(host) === 6 ? "ipv6" : "ipv4"));
}

/** Whether an address is of loopback. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function readSocketAddress(text: string): SocketAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/u.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  const port = Number(digits);
  return isIP(host) > 0 && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

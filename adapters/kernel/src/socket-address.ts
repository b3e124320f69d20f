import { isIPv4, isIPv6 } from "node:net";
import { BeeError } from "@beemesh/base";

/** `AF_INET` and `AF_INET6` of Linux. */
const family4 = 2;
export const family6 = 10;

/** `struct sockaddr_in` and `sockaddr_in6`: family, port in network order, address. */
const bytes4 = 16;
const bytes6 = 28;
const offsets = { port: 2, address4: 4, address6: 8 } as const;
const groups6 = 8;

/** Room for any address that {@link readSocketAddress} reads; Unix sockets' are longer. */
export const addressBytesMax = 128;

/** Where a socket is. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/**
 * The address of a socket as the kernel takes it.
 *
 * @throws {BeeError} `kernel-refused` if `ip` is no address, or has a zone.
 */
export function socketAddress(ip: string, port: number): Buffer {
  if (isIPv4(ip)) {
    const address = Buffer.alloc(bytes4);
    address.writeUInt16LE(family4, 0);
    address.writeUInt16BE(port, offsets.port);
    address.set(ip.split(".").map(Number), offsets.address4);
    return address;
  }
  if (!isIPv6(ip) || ip.includes("%")) {
    throw new BeeError(
      "kernel-refused",
      `Cannot name a socket: ${JSON.stringify(ip)} is no address`,
    );
  }
  const address = Buffer.alloc(bytes6);
  address.writeUInt16LE(family6, 0);
  address.writeUInt16BE(port, offsets.port);
  for (const [index, group] of groupsOf(ip).entries()) {
    address.writeUInt16BE(group, offsets.address6 + 2 * index);
  }
  return address;
}

/** Reads what the kernel says; of a Unix socket, or of none, the address is empty. */
export function readSocketAddress(address: Buffer): SocketAddress {
  const family = address.readUInt16LE(0);
  const port = address.readUInt16BE(offsets.port);
  if (family === family4) {
    return { ip: address.subarray(offsets.address4, offsets.address4 + 4).join("."), port };
  }
  if (family !== family6) return { ip: "", port: 0 };
  const groups = Array.from({ length: groups6 }, (_, index) =>
    address.readUInt16BE(offsets.address6 + 2 * index).toString(16),
  );
  // The URL standard writes addresses as RFC 5952 says.
  const { hostname } = new URL(`http://[${groups.join(":")}]`);
  return { ip: hostname.slice(1, -1), port };
}

function groupsOf(ip: string): readonly number[] {
  const { hostname } = new URL(`http://[${ip}]`);
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  const before = numbersOf(head);
  const after = tail === undefined ? [] : numbersOf(tail);
  const zeros = Array.from({ length: groups6 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

function numbersOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

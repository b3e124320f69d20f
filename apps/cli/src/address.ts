import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { callUnix } from "@beemesh/dev";
import { isJsonObject, parseJson } from "@beemesh/wire";

/** Addresses that are put into a token: more make it long and help nobody. */
const addressesMax = 8;

/**
 * Where other machines can reach this one: what the running daemon says, else what this
 * computer's interfaces have. Multiaddrs, at most eight.
 *
 * @param socketPath - The daemon's socket; it need not be there.
 * @param meshPort - For the addresses of interfaces.
 */
export async function findAddresses(socketPath: string, meshPort: number): Promise<string[]> {
  const told = await callUnix(socketPath, { path: "/v1/status" }).then(
    ({ status, body }) => (status === 200 ? addressesOfStatus(body) : []),
    () => [],
  );
  return told.length > 0 ? told : addressesOfInterfaces(networkInterfaces(), meshPort);
}

/** The addresses that a daemon tells in its status; none if it tells nothing of them. */
export function addressesOfStatus(text: string): string[] {
  const status = parseJson(text);
  const holders = isJsonObject(status) ? [status, status["mesh"], status["machine"]] : [];
  const lists = holders.map((holder) => (isJsonObject(holder) ? holder["addresses"] : undefined));
  const found = lists.find((list) => Array.isArray(list));
  const texts = Array.isArray(found) ? found.filter((item) => typeof item === "string") : [];
  return texts.filter(isUseful).slice(0, addressesMax);
}

/** The addresses of interfaces as multiaddrs, those of the local link left out. */
export function addressesOfInterfaces(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
  meshPort: number,
): string[] {
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  return all
    .filter(({ internal }) => !internal)
    .filter(({ address }) => !/^(fe80:|169\.254\.)/iu.test(address))
    .toSorted((a, b) => a.family.localeCompare(b.family))
    .map(
      ({ address, family }) => `/${family === "IPv6" ? "ip6" : "ip4"}/${address}/tcp/${meshPort}`,
    )
    .slice(0, addressesMax);
}

function isUseful(multiaddr: string): boolean {
  return multiaddr.startsWith("/") && !/^\/ip4\/127\.|^\/ip6\/::1\//u.test(multiaddr);
}

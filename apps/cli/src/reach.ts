import { isIP } from "node:net";
import type { JsonObject } from "@beemesh/wire";
import { InvalidArgumentError } from "commander";

/** A Service that an attached program calls by a port of its own machine. */
export interface Reach {
  readonly service: string;
  /** Empty for the program's own. */
  readonly namespace: string;
  readonly port: number;
  readonly listenAddress: string;
  readonly listenPort: number;
}

const placePattern = /^(?<service>[a-z0-9-]+)(\.(?<namespace>[a-z0-9-]+))?:(?<port>\d{1,5})$/u;
const listenPattern = /^((?<host>.+):)?(?<listen>\d{1,5})$/u;

/**
 * Reads `redis.cache:6379=127.0.0.1:16379`; without a namespace it is the program's own, without
 * an address `127.0.0.1`.
 *
 * @throws {InvalidArgumentError} If it is anything else.
 */
export function readReach(text: string): Reach {
  const [place = "", listener = ""] = text.split("=", 2);
  const { service = "", namespace = "", port } = groupsOf(placePattern, place);
  const { host = "127.0.0.1", listen } = groupsOf(listenPattern, listener);
  const listenAddress = host.replace(/^\[(.*)\]$/u, "$1");
  const [to, from] = [Number(port), Number(listen)];
  // Without a place or a listener there is no number of its port.
  if (!isPort(to) || !isPort(from) || isIP(listenAddress) === 0) throw wrong();
  return { service, namespace, port: to, listenAddress, listenPort: from };
}

function groupsOf(pattern: RegExp, text: string): Readonly<Record<string, string | undefined>> {
  return pattern.exec(text)?.groups ?? {};
}

function wrong(): InvalidArgumentError {
  return new InvalidArgumentError("It may be SERVICE[.NAMESPACE]:PORT=[ADDRESS:]PORT.");
}

/** As an ExternalWorkload's spec has it. */
export function reachSpecOf({ namespace, ...reach }: Reach): JsonObject {
  return namespace === "" ? { ...reach } : { ...reach, namespace };
}

/** Where a port of the machine leads, for people. */
export function reachText(reach: Reach, own: string): string {
  const { service, namespace, port, listenAddress, listenPort } = reach;
  const host = isIP(listenAddress) === 6 ? `[${listenAddress}]` : listenAddress;
  return `${host}:${listenPort} leads to ${service}.${namespace || own}.svc.cluster.local:${port}`;
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

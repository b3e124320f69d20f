import { BeeError } from "@beemesh/base";
import type { ConnectionsPage } from "@beemesh/daemon";
import { table } from "./table.ts";

/**
 * The service that somebody means, as `<namespace>/<name>`.
 *
 * @throws {BeeError} `service-malformed` if it is none.
 */
export function readServiceName(text: string, namespace: string): string {
  const [, place, name] =
    /^(?:svc|service|services)\/(?:([a-z0-9-]{1,63})\/)?([a-z0-9-]{1,63})$/u.exec(text) ?? [];
  if (name !== undefined) return `${place ?? namespace}/${name}`;
  throw new BeeError("service-malformed", `Cannot read service "${text}": it is svc/NAME`);
}

/** What a page says of one service. */
export function connectionsOf(page: ConnectionsPage, service: string): ConnectionsPage {
  const { machine, connections } = page;
  return { machine, connections: connections.filter((row) => row.services.includes(service)) };
}

/** Who talks to a service, as a person reads it. */
export function connectionsText(
  { machine, connections }: ConnectionsPage,
  service: string,
  nowMs: number,
): string {
  if (connections.length === 0)
    return `Nobody talked to ${service} lately, as ${machine} saw it.\n`;
  const rows = connections.map(({ from, to, protocol, port, path, count, lastMs }) => [
    from,
    to,
    `${port}/${protocol}`,
    path || "-",
    String(count),
    `${Math.max(0, Math.round((nowMs - lastMs) / 1000))} s ago`,
  ]);
  return table([["FROM", "TO", "PORT", "PATH", "CONNECTIONS", "LAST"], ...rows]);
}

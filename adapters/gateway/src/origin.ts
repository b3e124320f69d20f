import type { IncomingHttpHeaders } from "node:http";

/** Names by which a person on this machine calls it. No page on the internet has one of them. */
const localNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Says why a request may come from a web page of somebody else rather than from a person on this
 * machine: browsers reach loopback too. A page that made its own name resolve to loopback (DNS
 * rebinding) sends that name as `Host`; one that just posts a form sends its `Origin`.
 *
 * @param viaNetwork - False for a Unix socket, which no browser reaches: the host is free there.
 * @returns Undefined if it is local.
 */
export function foreignOrigin(
  headers: IncomingHttpHeaders,
  viaNetwork: boolean,
): string | undefined {
  const host = headers.host ?? "";
  if (viaNetwork && !localNames.has(hostName(host))) {
    return `its Host ${JSON.stringify(host.slice(0, 100))} is not this machine`;
  }
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return "its Origin is another site";
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "a browser sends it for another site";
  }
  return undefined;
}

/** The name in a `Host` header, without its port, in lower case. */
export function hostName(host: string): string {
  return (/^(?:\[[^\]]*\]|[^:]*)/u.exec(host)?.[0] ?? "").toLowerCase();
}

/** Headers that concern one connection only. Source: RFC 9110, section 7.6.1. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Set by the proxy itself, or believed by services if it were: what a client sends in these is
 * not to be believed.
 */
const forwarded = /^(?:forwarded|x-forwarded(?:-.*)?|x-original-(?:forwarded-for|url)|x-real-ip)$/u;

/** Who asked, and for what, before the proxy. */
export interface ForwardedFor {
  readonly address: string;
  readonly host: string;
  readonly protocol: "http" | "https";
}

/**
 * The headers that a proxy passes on: not those of the connection, and with its own word on whom
 * it asks for.
 *
 * @param raw - Names and values by turns, as Node's `rawHeaders`; doubled ones are kept.
 * @param client - For requests; left out for answers.
 */
export function passedHeaders(raw: readonly string[], client?: ForwardedFor): string[] {
  const dropped = connectionHeaders(raw);
  const passed: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const key = name.toLowerCase();
    const isOurs = client !== undefined && forwarded.test(key);
    if (!hopByHop.has(key) && !dropped.has(key) && !isOurs) passed.push(name, raw[index + 1] ?? "");
  }
  if (client) {
    passed.push("X-Forwarded-For", client.address);
    passed.push("X-Forwarded-Host", client.host);
    passed.push("X-Forwarded-Proto", client.protocol);
  }
  return passed;
}

/** Headers that the sender names in `Connection` are for this connection only. */
function connectionHeaders(raw: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() !== "connection") continue;
    for (const name of (raw[index + 1] ?? "").split(",")) names.add(name.trim().toLowerCase());
  }
  // Naming them would make a proxy drop what the request depends on.
  for (const name of ["host", "content-length", "content-type"]) names.delete(name);
  return names;
}

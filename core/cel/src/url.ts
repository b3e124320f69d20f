/** The parts of a URL, as Go's `url.ParseRequestURI` finds them. */
export interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly escapedPath: string;
  readonly query: readonly (readonly [string, readonly string[]])[];
}

/** Longest text of a URL. */
const urlLengthMax = 8192;
const pattern =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/su;
const hostPattern = /^(\[[0-9A-Fa-f:.]+(?:%25[^\]]*)?\]|[^:[\]\s"<>\\^`{|}]*)(?::(\d*))?$/u;

/** Reads an absolute URL or an absolute path; undefined for other text. */
export function parseUrl(text: string): UrlParts | undefined {
  if (text === "" || text.length > urlLengthMax || hasWrongSign(text)) return undefined;
  const { scheme, authority, path, query } = cut(text);
  const host = hostOf(authority ?? "");
  if (host === undefined) return undefined;
  const isOpaque = scheme !== "" && (path === "" || authority === undefined);
  if (!path.startsWith("/") && !isOpaque) return undefined;
  const escapedPath = path.replaceAll(/[^A-Za-z0-9$&+,/:;=@\-_.~%!*'()]/gu, encodeURIComponent);
  return { scheme: scheme.toLowerCase(), ...host, escapedPath, query: queryOf(query) };
}

function cut(text: string): {
  readonly scheme: string;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string;
} {
  const [, scheme = "", authority, path = "", query = ""] = pattern.exec(text) ?? [];
  return { scheme, authority, path, query };
}

function hostOf(authority: string): Pick<UrlParts, "host" | "hostname" | "port"> | undefined {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const [, hostname, port = ""] = hostPattern.exec(host) ?? [];
  if (hostname === undefined) return undefined;
  return { host, hostname: hostname.replace(/^\[(.*)\]$/u, "$1"), port };
}

function hasWrongSign(text: string): boolean {
  return /[\p{Cc} ]|%(?![0-9A-Fa-f]{2})/u.test(text) || !text.isWellFormed();
}

function queryOf(query: string): readonly (readonly [string, readonly string[]])[] {
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => pair.split("=").map(decoded));
  const groups = Map.groupBy(pairs, ([name = ""]) => name);
  return [...groups].map(([name, own]) => [name, own.map(([, ...rest]) => rest.join("="))]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

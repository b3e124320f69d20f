/**
 * The proxy of the API: passes a request on to a program in a pod, and the answer back.
 *
 * Source: k8s.io/apimachinery, pkg/util/proxy, `UpgradeAwareHandler` and `Transport`.
 */
import { once } from "node:events";
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { Http2ServerRequest } from "node:http2";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { BeeError } from "@beemesh/base";
import { passedHeaders } from "./hop-headers.ts";
import { movedLinks } from "./html-links.ts";
import type { Incoming, Outgoing } from "./message.ts";
import { join } from "./port-forward.ts";
import { answerMsMax, connectInTime, OneConnection, type Route, rawHead } from "./proxy.ts";
import type { Upgrade } from "./websocket.ts";

/** Segments before what is the other program's: in a namespace. */
const proxyAt = 6;

/**
 * Whether a path is passed on: then its method, its body and its answer are another program's,
 * and nothing of them is read here.
 */
export function isProxied(path: readonly string[]): boolean {
  const [root, version, scope, , kind] = path;
  const isCore = root === "api" && version === "v1" && scope === "namespaces";
  return isCore && (kind === "pods" || kind === "services") && path[proxyAt] === "proxy";
}

/** The parts of a target that is passed on. */
export interface ProxiedTarget {
  /** Up to `/proxy`, as the client wrote it. */
  readonly prefix: string;
  /** What the program is asked for, as the client wrote it; empty for nothing. */
  readonly path: string;
  /** With its question mark; empty without one. */
  readonly query: string;
}

/** Takes the target of a request apart; for a path that {@link isProxied}. */
export function proxiedTarget(url: string): ProxiedTarget {
  const [whole = ""] = url.split("#");
  const query = whole.includes("?") ? whole.slice(whole.indexOf("?")) : "";
  const path = whole.slice(0, whole.length - query.length);
  let end = 0;
  for (let segment = 0; segment <= proxyAt; segment += 1) {
    while (path[end] === "/") end += 1;
    while (end < path.length && path[end] !== "/") end += 1;
  }
  return { prefix: path.slice(0, end), path: path.slice(end), query };
}

/** A request that is passed on, with its way. */
export interface Proxying {
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  /** There if the client wants to leave HTTP. */
  readonly upgrade?: (Upgrade & { readonly outgoing: ServerResponse }) | undefined;
  readonly target: ProxiedTarget;
  readonly scheme: "http" | "https";
  readonly connect: Route["connect"];
}

/**
 * Connects, passes the request on, and waits until the answer begins.
 *
 * @returns How to end what follows from outside.
 * @throws If nobody answers at the other end; nothing has been sent then.
 */
export async function passOn(proxying: Proxying): Promise<() => void> {
  const { incoming, outgoing, upgrade, scheme } = proxying;
  const plain = await connectInTime(proxying);
  const connection = scheme === "https" ? await secured(plain) : plain;
  const upstream = startRequest(proxying, connection);
  const end = (): void => {
    upstream.destroy();
    connection.destroy();
  };
  (upgrade?.socket ?? outgoing).once("close", end);
  if (upgrade === undefined) incoming.pipe(upstream);
  else upstream.end();
  await answered(upstream, proxying);
  return end;
}

/** Waits for the head of the answer, and lets the rest of it pass. */
function answered(upstream: ClientRequest, proxying: Proxying): Promise<void> {
  const { upgrade } = proxying;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      upstream.destroy(new BeeError("answer-broken", `no answer in ${answerMsMax} ms`));
    }, answerMsMax);
    upstream.once("response", (answer) => {
      relay(answer, proxying);
      resolve();
    });
    upstream.once("upgrade", (answer, peer, firstBytes) => {
      if (upgrade === undefined)
        upstream.destroy(new BeeError("answer-broken", "nobody asked for it"));
      else startUpgraded(upgrade, answer, { peer, firstBytes });
      resolve();
    });
    upstream.on("error", reject);
    upstream.once("close", () => {
      clearTimeout(timer);
      reject(new BeeError("answer-broken", "the connection was closed"));
    });
  });
}

/** Programs in pods certify themselves, if at all: who they are is known by the way to them. */
async function secured(plain: Duplex): Promise<Duplex> {
  const socket = connectTls({ socket: plain, rejectUnauthorized: false });
  const timer = setTimeout(() => {
    socket.destroy(new BeeError("connect-timeout", `no TLS in ${handshakeMsMax} ms`));
  }, handshakeMsMax);
  try {
    await once(socket, "secureConnect");
    return socket;
  } catch (error) {
    plain.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A program in a pod shakes hands in less than this, or never. */
const handshakeMsMax = 5000;

/** Who asks is known here alone: credentials are for the API, not for the program. */
const credentials = /^(?:authorization|impersonate-.*)$/iu;

function startRequest(
  { incoming, outgoing, upgrade, target }: Proxying,
  connection: Duplex,
): ClientRequest {
  const path = `${target.path || "/"}${target.query}`;
  const headers = passedHeaders(ownHeaders(incoming), {
    address: upgrade?.incoming.socket.remoteAddress ?? addressOf(outgoing),
    host: hostOf(incoming),
    protocol: "https",
  });
  headers.push("X-Forwarded-Uri", `${target.prefix}${path}`, "Host", hostOf(incoming));
  const leaving = ["Connection", "Upgrade", "Upgrade", upgrade?.incoming.headers.upgrade ?? ""];
  // A program that closes first, before it has read all of the body, breaks off its own answer.
  headers.push(...(upgrade === undefined ? ["Connection", "keep-alive"] : leaving));
  if (hasOpenBody(incoming)) headers.push("Transfer-Encoding", "chunked");
  const agent = new OneConnection(connection);
  return httpRequest({ method: incoming.method, path, headers, setHost: false, agent });
}

/** The headers of a request that are for the program; HTTP/2 says some of them in its own way. */
function ownHeaders({ rawHeaders = [] }: Incoming): string[] {
  const own: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const isOurs = name.startsWith(":") || /^(?:host|expect)$/iu.test(name);
    if (!isOurs && !credentials.test(name)) own.push(name, rawHeaders[index + 1] ?? "");
  }
  return own;
}

function hostOf({ headers }: Incoming): string {
  const authority = headers[":authority"];
  return (typeof authority === "string" ? authority : headers.host) ?? "";
}

function addressOf(outgoing: Outgoing): string {
  const { socket } = outgoing;
  return socket?.remoteAddress ?? "unix";
}

/** Whether a body follows whose length nobody has said. */
function hasOpenBody(incoming: Incoming): boolean {
  const { headers } = incoming;
  if (headers["transfer-encoding"] !== undefined) return true;
  const isHttp2 = incoming instanceof Http2ServerRequest;
  return isHttp2 && headers["content-length"] === undefined && !incoming.stream.endAfterHeaders;
}

function relay(answer: IncomingMessage, { incoming, outgoing, target }: Proxying): void {
  const move = mover(target.prefix, hostOf(incoming));
  const isPage = incoming.method !== "HEAD" && isReadablePage(answer);
  outgoing.statusCode = answer.statusCode ?? 502;
  for (const [name, values] of grouped(passedHeaders(answer.rawHeaders))) {
    // Moved links make a page longer.
    if (isPage && name === "content-length") continue;
    const moved = name === "location" ? values.map(move) : values;
    outgoing.setHeader(name, moved.length === 1 ? (moved[0] ?? "") : moved);
  }
  outgoing.writeHead(outgoing.statusCode);
  outgoing.flushHeaders?.();
  if (isPage) answer.pipe(movedLinks(move)).pipe(outgoing);
  else answer.pipe(outgoing);
  // Broken off in the middle: the client must not take it for complete.
  for (const event of ["aborted", "error"]) answer.once(event, () => outgoing.destroy());
}

function isReadablePage({ headers }: IncomingMessage): boolean {
  const encoding = headers["content-encoding"] ?? "identity";
  return encoding === "identity" && /^text\/html\b/iu.test(headers["content-type"] ?? "");
}

/** Headers by their name in lower case, in their order. */
function grouped(headers: readonly string[]): ReadonlyMap<string, string[]> {
  const groups = new Map<string, string[]>();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] ?? "").toLowerCase();
    groups.set(name, [...(groups.get(name) ?? []), headers[index + 1] ?? ""]);
  }
  return groups;
}

/** How an address that a program gives of itself is written, so that it leads through the proxy. */
function mover(prefix: string, host: string): (url: string) => string {
  const hosts = [`http://${host}/`, `https://${host}/`];
  return (url) => {
    const own = hosts.find((each) => url.toLowerCase().startsWith(each.toLowerCase()));
    const path = own === undefined ? url : url.slice(own.length - 1);
    const isHere = path.startsWith("/") && !path.startsWith("//");
    return isHere && !path.startsWith(`${prefix}/`) ? `${prefix}${path}` : url;
  };
}

function startUpgraded(
  { socket, head, outgoing, incoming }: NonNullable<Proxying["upgrade"]>,
  answer: IncomingMessage,
  { peer, firstBytes }: { readonly peer: Duplex; readonly firstBytes: Buffer },
): void {
  outgoing.statusCode = 101;
  outgoing.detachSocket(incoming.socket);
  const headers = [...passedHeaders(answer.rawHeaders), "Connection", "Upgrade"];
  headers.push("Upgrade", answer.headers.upgrade ?? "");
  socket.write(rawHead(101, headers));
  if (firstBytes.length > 0) peer.unshift(firstBytes);
  if (head.length > 0) socket.unshift(head);
  join(socket, peer, () => undefined);
}

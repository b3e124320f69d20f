import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";
import type { Duplex as PortDuplex } from "@beemesh/ports";
import type { Origin } from "./front.ts";
import { passedHeaders } from "./hop-headers.ts";
import { hostDuplex } from "./host-stream.ts";
import { hostName } from "./origin.ts";
import { join } from "./port-forward.ts";

/** A service that a request is for. */
export interface Route {
  /** Connects to an endpoint; called again after a failure, it should choose another one. */
  connect(): Promise<PortDuplex>;
}

/** An answer that sends the client elsewhere, with the same method and body. */
export interface Redirect {
  readonly location: string;
}

/** What a request asks for, and how it came. */
export interface Wanted {
  /** In lower case, without a port. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** The whole target, such as `/a?b=c`. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly isSecure: boolean;
  /** Whether it comes from this computer. */
  readonly isLocal: boolean;
}

/**
 * Finds the service for a request; undefined if there is none. What it throws is answered as 503,
 * with the message of a BeeError; `policy-refused`, also of `connect`, as 403.
 */
export type FindRoute = (wanted: Wanted) => Promise<Route | Redirect | undefined>;

export interface ProxyOptions {
  readonly route: FindRoute;
  /** Names of the services that there are, for the answer to a request that is for none. */
  readonly services?: (() => readonly string[]) | undefined;
}

/** A sidecar's or pod's connection stands in less than this, or never. */
const connectMsMax = 5000;

/** A service may think long before it answers, but not for ever. */
export const answerMsMax = 300_000;

/** One try, and one more on another endpoint. */
const triesMax = 2;

/** How many services an answer lists. */
const servicesListedMax = 50;

/** Why a request reaches no service, in words for the person who sent it. */
interface Miss {
  readonly status: 308 | 400 | 403 | 404 | 502 | 503 | 504;
  readonly text: string;
  /** Names and values by turns. */
  readonly headers: readonly string[];
}

function miss(status: Miss["status"], text: string): Miss {
  return { status, text, headers: [] };
}

/** Passes requests to services and their answers back, streaming both ways. */
export class Proxy {
  readonly #options: ProxyOptions;

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  /** Passes one request on; never throws. */
  async pass(incoming: IncomingMessage, outgoing: ServerResponse, origin: Origin): Promise<void> {
    const connection = await this.#connect(incoming, origin);
    if ("text" in connection) {
      sendMiss(outgoing, connection);
      return;
    }
    if (incoming.destroyed && !incoming.complete) {
      connection.destroy();
      return;
    }
    const upstream = startRequest({ incoming, connection, origin, extra: [] });
    upstream.once("response", (answer) => relay(answer, outgoing));
    upstream.once("error", () => {
      if (outgoing.headersSent) outgoing.destroy();
      else sendMiss(outgoing, miss(502, "Cannot read the answer of the service"));
    });
    const timer = setTimeout(() => {
      sendMiss(outgoing, miss(504, "The service does not answer"));
      upstream.destroy();
    }, answerMsMax);
    upstream.once("response", () => clearTimeout(timer));
    upstream.once("close", () => clearTimeout(timer));
    outgoing.once("close", () => {
      upstream.destroy();
      connection.destroy();
    });
    incoming.pipe(upstream);
  }

  /** Passes a WebSocket or other upgrade through; never throws. */
  async passUpgrade(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    origin: Origin,
  ): Promise<void> {
    const connection = await this.#connect(incoming, origin);
    if ("text" in connection) {
      const headers = ["Content-Type", "text/plain", "Connection", "close"];
      socket.end(
        `${rawHead(connection.status, [...headers, ...connection.headers])}${connection.text}\n`,
      );
      return;
    }
    if (socket.destroyed) {
      connection.destroy();
      return;
    }
    const extra = ["Connection", "Upgrade", "Upgrade", incoming.headers.upgrade ?? ""];
    const upstream = startRequest({ incoming, connection, origin, extra });
    upstream.once("upgrade", (answer, peer, firstBytes) => {
      const headers = [...passedHeaders(answer.rawHeaders), "Connection", "Upgrade"];
      headers.push("Upgrade", answer.headers.upgrade ?? "");
      socket.write(rawHead(101, headers));
      if (firstBytes.length > 0) peer.unshift(firstBytes);
      if (head.length > 0) socket.unshift(head);
      join(socket, peer, () => undefined);
    });
    upstream.once("response", (answer) => {
      const headers = [...passedHeaders(answer.rawHeaders), "Connection", "close"];
      socket.write(rawHead(answer.statusCode ?? 502, headers));
      answer.pipe(socket);
    });
    upstream.once("error", () => socket.destroy());
    socket.once("close", () => connection.destroy());
    upstream.end();
  }

  async #connect(incoming: IncomingMessage, origin: Origin): Promise<Duplex | Miss> {
    const { headers } = incoming;
    const host = hostName(headers.host ?? "");
    const target = targetOf(incoming);
    if (target === undefined) return miss(400, "The target is not of the host that is asked");
    const path = target.split("?")[0] ?? "/";
    const { isSecure, isLocal } = origin;
    try {
      const wanted = { host, path, target, headers, isSecure, isLocal };
      const route = await this.#options.route(wanted);
      if (route === undefined) return miss(404, this.#missText(host, path, isLocal));
      if ("location" in route) {
        const text = `Moved to ${route.location}`;
        return { status: 308, text, headers: ["Location", route.location] };
      }
      return await connectWithRetry(route);
    } catch (error) {
      if (error instanceof BeeError && error.code === "policy-refused") {
        return miss(403, refusalText(`${host}${path}`, isLocal ? error.message : ""));
      }
      const why = error instanceof BeeError ? error.message : "the connection failed";
      return miss(503, `Cannot reach the service for ${host}${path}: ${why}`);
    }
  }

  /** Who asks from the network is not told what else there is. */
  #missText(host: string, path: string, isLocal: boolean): string {
    const text = `No service is for host ${JSON.stringify(host)} and path ${JSON.stringify(path)}`;
    if (!isLocal) return text;
    const services = this.#options.services?.().toSorted() ?? [];
    const listed = services.slice(0, servicesListedMax).map((name) => `  ${name}`);
    const more = services.length - listed.length;
    return [
      text,
      services.length === 0 ? "There is no service at all" : "These services exist:",
      ...listed,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join("\n");
  }
}

/**
 * What the owner of a service can do whose policies keep the ingress out.
 *
 * @param reason - Names pods and namespaces, so it is for this computer alone; else empty.
 */
function refusalText(place: string, reason: string): string {
  return [
    `A NetworkPolicy does not let the ingress in to the service for ${place}`,
    ...(reason === "" ? [] : [reason]),
    "Its owner lets it in with this `ingress` rule of a NetworkPolicy that selects its pods:",
    "  - from:",
    "      - namespaceSelector:",
    "          matchLabels: { kubernetes.io/metadata.name: beemesh-ingress }",
  ].join("\n");
}

async function connectWithRetry(route: Route): Promise<Duplex> {
  let failure: unknown;
  for (let tries = 0; tries < triesMax; tries += 1) {
    try {
      return await connectInTime(route);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/**
 * A connection to an endpoint, if it comes in time.
 *
 * @throws {BeeError} `connect-timeout`, and what connecting throws.
 */
export async function connectInTime(route: Route): Promise<Duplex> {
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new BeeError("connect-timeout", `no connection in ${connectMsMax} ms`));
    }, connectMsMax);
  });
  const connecting = route.connect().then((connection) => {
    // A connection that comes too late is not wanted any more.
    if (isLate) connection.destroy();
    return hostDuplex(connection);
  });
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A request that goes on to a service. */
interface Passing {
  readonly incoming: IncomingMessage;
  readonly connection: Duplex;
  readonly origin: Origin;
  /** Headers of the connection to the service, names and values by turns. */
  readonly extra: readonly string[];
}

/**
 * What a request asks for, without scheme and host; undefined if it names another host than its
 * header. Source: RFC 9112, section 3.2.2.
 */
function targetOf({ url = "/", headers }: IncomingMessage): string | undefined {
  const whole = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/isu.exec(url)?.groups;
  if (whole === undefined) return url;
  const { authority = "", rest = "" } = whole;
  if (authority.toLowerCase() !== headers.host?.toLowerCase()) return undefined;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function startRequest({ incoming, connection, origin, extra }: Passing): ClientRequest {
  const client = {
    address: incoming.socket.remoteAddress ?? "unix",
    host: incoming.headers.host ?? "",
    protocol: origin.isSecure ? "https" : "http",
  } as const;
  const hasBody = incoming.headers["transfer-encoding"] !== undefined;
  const framing = hasBody ? ["Transfer-Encoding", "chunked"] : [];
  const close = extra.length === 0 ? ["Connection", "close"] : [];
  return httpRequest({
    method: incoming.method,
    path: targetOf(incoming),
    headers: [...passedHeaders(incoming.rawHeaders, client), ...framing, ...close, ...extra],
    setHost: false,
    agent: new OneConnection(connection),
  });
}

/**
 * An agent for one request over a connection that is there already. The global agent would set
 * timeouts on it, which streams through the mesh do not have.
 */
export class OneConnection extends Agent {
  readonly #connection: Duplex;

  constructor(connection: Duplex) {
    super({ keepAlive: false });
    this.#connection = connection;
  }

  override createConnection(): Duplex {
    return this.#connection;
  }
}

function relay(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(
    answer.statusCode ?? 502,
    answer.statusMessage ?? "",
    passedHeaders(answer.rawHeaders),
  );
  outgoing.flushHeaders();
  answer.pipe(outgoing);
  // Broken off in the middle: the client must not take it for complete.
  answer.once("aborted", () => outgoing.destroy());
  answer.once("error", () => outgoing.destroy());
}

function sendMiss(outgoing: ServerResponse, { status, text, headers }: Miss): void {
  if (outgoing.headersSent || outgoing.destroyed) return;
  outgoing.writeHead(status, ["Content-Type", "text/plain; charset=utf-8", ...headers]);
  outgoing.end(`${text}\n`);
}

/** The head of an answer where HTTP is left. Headers are names and values by turns. */
export function rawHead(status: number, headers: readonly string[]): string {
  const lines = [`HTTP/1.1 ${status} ${status === 101 ? "Switching Protocols" : "Service"}`];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { mediaTypeOf, readBody } from "./body.ts";
import { isRefusal } from "./kube-status.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";
import { closing, listenOnPath, listenOnPort } from "./listener.ts";
import { foreignOrigin } from "./origin.ts";
import { Proxy, type ProxyOptions } from "./proxy.ts";
import { type ApplyObject, postWorkloads, type WorkloadAnswer } from "./workload-post.ts";

export interface ClassicServerOptions extends ProxyOptions {
  /** Loopback by default: nobody is asked who they are here. */
  readonly host?: string;
  /** 8080 in the first generation; 0 for any that is free. */
  readonly port: number;
  /** Listens there too; only the owner of the file may connect. */
  readonly unixPath?: string;
  readonly apply: ApplyObject;
  /** All metrics in Prometheus' text form. */
  metrics(): string | Promise<string>;
  /** Whether the machine is well; without it, it always is. */
  healthy?(): boolean;
  /** What `GET` of a path below `/v1/` answers as JSON, to those who may open the Unix socket. */
  readonly pages?: ReadonlyMap<string, () => unknown>;
  readonly limits?: Partial<GatewayLimits>;
}

export interface ClassicServer {
  readonly port: number;
  /** Finishes what is in flight, then closes. */
  close(): Promise<void>;
}

/** An answer whose body is sent as JSON. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** How often Node looks for connections that have not sent their head in time. */
const checkMs = 2000;

/**
 * Starts the interface of the first generation: `POST /v1/workloads/stateless` and `/stateful`,
 * `/metrics`, `/healthz`; every other request goes to a service.
 *
 * @throws {BeeError} `address-in-use` for the Unix socket; Node's own error for the port.
 */
export async function createClassicServer(options: ClassicServerOptions): Promise<ClassicServer> {
  const server = new PlainServer(options, { ...gatewayLimits, ...options.limits });
  await server.listen(options);
  return server;
}

class PlainServer implements ClassicServer {
  readonly #options: ClassicServerOptions;
  readonly #limits: GatewayLimits;
  readonly #proxy: Proxy;
  readonly #server: HttpServer;
  readonly #pathServer: Server;
  readonly #sockets = new Set<Socket>();
  readonly #pathSockets = new WeakSet<Socket>();
  /** Connections that have left HTTP, such as WebSockets to services. */
  readonly #upgraded = new Set<Duplex>();
  #isClosing = false;

  constructor(options: ClassicServerOptions, limits: GatewayLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#proxy = new Proxy(options);
    this.#server = createHttpServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.firstRequestMsMax,
      keepAliveTimeout: limits.idleMsMax,
      // An upload to a service may take long; our own bodies have their own limit.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(checkMs, limits.firstRequestMsMax / 2),
    });
    this.#pathServer = createServer((socket) => {
      this.#pathSockets.add(socket);
      this.#server.emit("connection", socket);
    });
    for (const listener of [this.#server, this.#pathServer]) {
      listener.maxConnections = limits.connectionsMax;
    }
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (incoming, outgoing) => void this.#request(incoming, outgoing));
    this.#server.on("upgrade", (incoming, socket, head) => this.#upgrade(incoming, socket, head));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async listen({ host = "127.0.0.1", port, unixPath }: ClassicServerOptions): Promise<void> {
    await listenOnPort(this.#server, host, port);
    if (unixPath === undefined) return;
    try {
      await listenOnPath(this.#pathServer, unixPath);
    } catch (error) {
      this.#server.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const closed = Promise.all([closing(this.#server), closing(this.#pathServer)]);
    this.#isClosing = true;
    this.#server.closeIdleConnections();
    for (const socket of this.#upgraded) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, this.#limits.drainMsMax);
    await closed;
    clearTimeout(timer);
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    if (isOwn(pathOf(incoming))) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return;
    }
    this.#upgraded.add(socket);
    socket.once("close", () => this.#upgraded.delete(socket));
    void this.#proxy.passUpgrade(incoming, socket, head);
  }

  async #request(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    incoming.on("error", () => undefined);
    outgoing.on("error", () => undefined);
    outgoing.once("close", () => {
      if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections());
    });
    const path = pathOf(incoming);
    if (!isOwn(path)) await this.#proxy.pass(incoming, outgoing);
    else if (path === "/healthz") this.#health(outgoing);
    else if (path === "/metrics") sendText(outgoing, 200, await this.#options.metrics());
    else if (this.#options.pages?.has(path)) sendAnswer(outgoing, this.#page(incoming, path));
    else sendAnswer(outgoing, await this.#workloads(incoming, path));
  }

  #health(outgoing: ServerResponse): void {
    const isHealthy = this.#options.healthy?.() ?? true;
    sendText(outgoing, isHealthy ? 200 : 503, isHealthy ? "ok" : "not ok");
  }

  #page(incoming: IncomingMessage, path: string): Answer {
    if (!this.#pathSockets.has(incoming.socket)) {
      return failure(403, `Cannot show ${path} here: ask through the Unix socket`);
    }
    if (incoming.method !== "GET") return failure(405, `${path} is read with GET`);
    return { status: 200, body: this.#options.pages?.get(path)?.() };
  }

  async #workloads(incoming: IncomingMessage, path: string): Promise<WorkloadAnswer> {
    const type = /^\/v1\/workloads\/(stateless|stateful)$/u.exec(path)?.[1];
    if (type !== "stateless" && type !== "stateful") {
      return failure(404, "There are /v1/workloads/stateless and /v1/workloads/stateful");
    }
    const foreign = foreignOrigin(incoming.headers, !this.#pathSockets.has(incoming.socket));
    if (foreign !== undefined) return failure(403, `Cannot take the request: ${foreign}`);
    if (incoming.method !== "POST") return failure(405, "Workloads are sent with POST");
    const mediaType = mediaTypeOf(incoming.headers["content-type"] ?? "");
    if (mediaType !== "application/yaml") {
      return failure(415, "Cannot read the body: send it with Content-Type: application/yaml");
    }
    const body = await readBody(incoming, this.#limits);
    if (isRefusal(body)) return failure(body.code, body.message);
    try {
      return await postWorkloads(body.toString("utf8"), type, this.#options.apply);
    } catch {
      return failure(500, "Cannot apply: see the machine's log");
    }
  }
}

/** Whether the path is ours; all others are services'. */
function isOwn(path: string): boolean {
  return path === "/healthz" || path === "/metrics" || path === "/v1" || path.startsWith("/v1/");
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?")[0] ?? "/";
}

function failure(status: number, message: string): WorkloadAnswer {
  return { status, body: { status: "Failure", message } };
}

function sendText(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
  outgoing.end(text);
}

function sendAnswer(outgoing: ServerResponse, { status, body }: Answer): void {
  outgoing.writeHead(status, { "Content-Type": "application/json" });
  outgoing.end(`${JSON.stringify(body)}\n`);
}

import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { mediaTypeOf, readBody } from "./body.ts";
import { Front, type Origin, type TlsOffer } from "./front.ts";
import { isRefusal } from "./kube-status.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";
import { closing, listenOnPath, listenOnPort } from "./listener.ts";
import { foreignOrigin, hostName } from "./origin.ts";
import { OwnerDoor, type OwnerDoorOptions } from "./owner-door.ts";
import { Proxy, type ProxyOptions } from "./proxy.ts";
import { type TurnedAway, turnAway } from "./turned-away.ts";
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
  /** What else is done for those who may open the Unix socket. */
  readonly owner?: OwnerDoorOptions;
  /** Speaks TLS too, on the same port, with these certificates. */
  readonly tls?: TlsOffer;
  /**
   * Whether a service claims all paths of a host, in lower case: then none of them is ours, not
   * even `/v1` and `/metrics`.
   */
  claims?(host: string): boolean;
  readonly limits?: Partial<GatewayLimits>;
  /** Told of each connection that was not served, and why. */
  onTurnedAway?(cause: TurnedAway): void;
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
  readonly #door: OwnerDoor | undefined;
  readonly #server: HttpServer;
  readonly #pathServer: Server;
  readonly #sockets = new Set<Socket>();
  readonly #fronts: readonly Front[];
  /** Connections that speak HTTP and have not asked for anything yet: Node takes them for busy. */
  readonly #unasked = new Set<Socket>();
  /** Connections with an answer under way. */
  readonly #answering = new WeakSet<object>();
  readonly #origins = new WeakMap<object, Origin>();
  /** Connections that have left HTTP, such as WebSockets to services. */
  readonly #upgraded = new Set<Duplex>();
  #isClosing = false;

  constructor(options: ClassicServerOptions, limits: GatewayLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#proxy = new Proxy(options);
    this.#door = options.owner && new OwnerDoor(options.owner, limits);
    this.#server = createHttpServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.firstRequestMsMax,
      keepAliveTimeout: limits.idleMsMax,
      // An upload to a service may take long; our own bodies have their own limit.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(checkMs, limits.firstRequestMsMax / 2),
    });
    this.#pathServer = createServer({ allowHalfOpen: true });
    // What Node would do with a connection is done after the front has looked at it.
    const serve = this.#server.listeners("connection");
    this.#server.removeAllListeners("connection");
    this.#fronts = [this.#server, this.#pathServer].map((listener) => {
      listener.maxConnections = limits.connectionsMax;
      const front = new Front({
        isPath: listener === this.#pathServer,
        limits,
        tls: options.tls,
        onTurnedAway: (cause) => options.onTurnedAway?.(cause),
        serve: (socket, origin) => {
          if (this.#isClosing) socket.destroy();
          this.#origins.set(socket, origin);
          this.#unasked.add(socket);
          socket.once("close", () => this.#unasked.delete(socket));
          for (const each of serve) each.call(this.#server, socket);
        },
      });
      listener.on("drop", () => options.onTurnedAway?.("full"));
      listener.on("connection", (socket: Socket) => {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
        front.accept(socket);
      });
      return front;
    });
    this.#server.on("request", (incoming, outgoing) => {
      this.#unasked.delete(incoming.socket);
      this.#answering.add(incoming.socket);
      outgoing.once("close", () => this.#answering.delete(incoming.socket));
      void this.#request(incoming, outgoing);
    });
    this.#server.on("clientError", (error, socket) => {
      const cause = turnAway(error, socket, this.#answering.has(socket));
      if (cause !== undefined) options.onTurnedAway?.(cause);
    });
    this.#server.on("upgrade", (incoming, socket, head) => {
      this.#unasked.delete(incoming.socket);
      this.#upgrade(incoming, socket, head);
    });
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
    for (const front of this.#fronts) front.close();
    for (const socket of [...this.#unasked, ...this.#upgraded]) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, this.#limits.drainMsMax);
    await closed;
    clearTimeout(timer);
  }

  #originOf({ socket }: IncomingMessage): Origin {
    return this.#origins.get(socket) ?? stranger;
  }

  /** Whether a request is for this machine itself; all others are for services. */
  #isOwn(incoming: IncomingMessage): boolean {
    const isClaimed = this.#options.claims?.(hostName(incoming.headers.host ?? "")) ?? false;
    return isOwnPath(pathOf(incoming)) && !isClaimed;
  }

  /** The owner's door, for a request to it that comes from the owner. */
  #doorFor(incoming: IncomingMessage): OwnerDoor | undefined {
    const isOwner = this.#originOf(incoming).isOwner && OwnerDoor.has(pathOf(incoming));
    return isOwner ? this.#door : undefined;
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    const door = this.#doorFor(incoming);
    const isOwn = this.#isOwn(incoming);
    if (isOwn && door === undefined) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return;
    }
    this.#upgraded.add(socket);
    socket.once("close", () => this.#upgraded.delete(socket));
    if (isOwn) void door?.upgrade(incoming, socket, head);
    else void this.#proxy.passUpgrade(incoming, socket, head, this.#originOf(incoming));
  }

  async #request(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    incoming.on("error", () => undefined);
    outgoing.on("error", () => undefined);
    outgoing.once("close", () => {
      if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections());
    });
    const path = pathOf(incoming);
    const origin = this.#originOf(incoming);
    if (!this.#isOwn(incoming)) await this.#proxy.pass(incoming, outgoing, origin);
    else if (path === "/healthz") this.#health(outgoing);
    else if (!origin.isLocal)
      sendAnswer(outgoing, failure(403, `${path} is for this computer only`));
    else if (path === "/metrics") sendText(outgoing, 200, await this.#options.metrics());
    else if (this.#options.pages?.has(path)) sendAnswer(outgoing, this.#page(incoming, path));
    else if (OwnerDoor.has(path)) sendAnswer(outgoing, await this.#ask(incoming, path));
    else sendAnswer(outgoing, await this.#workloads(incoming, path));
  }

  #health(outgoing: ServerResponse): void {
    const isHealthy = this.#options.healthy?.() ?? true;
    sendText(outgoing, isHealthy ? 200 : 503, isHealthy ? "ok" : "not ok");
  }

  #page(incoming: IncomingMessage, path: string): Answer {
    if (!this.#originOf(incoming).isOwner) {
      return failure(403, `Cannot show ${path} here: ask through the Unix socket`);
    }
    if (incoming.method !== "GET") return failure(405, `${path} is read with GET`);
    return { status: 200, body: this.#options.pages?.get(path)?.() };
  }

  async #ask(incoming: IncomingMessage, path: string): Promise<Answer> {
    const door = this.#doorFor(incoming);
    return door?.answer(incoming) ?? failure(403, `${path} is asked through the Unix socket`);
  }

  async #workloads(incoming: IncomingMessage, path: string): Promise<WorkloadAnswer> {
    const type = /^\/v1\/workloads\/(stateless|stateful)$/u.exec(path)?.[1];
    if (type !== "stateless" && type !== "stateful") {
      return failure(404, "There are /v1/workloads/stateless and /v1/workloads/stateful");
    }
    const foreign = foreignOrigin(incoming.headers, !this.#originOf(incoming).isOwner);
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

/** Where a connection comes from of which nothing is known. */
const stranger: Origin = { isLocal: false, isOwner: false, isSecure: false };

/** Whether the path is ours, unless a service claims it; all others are services'. */
function isOwnPath(path: string): boolean {
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

import { type IncomingMessage, ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { type Connection, Connections } from "./connections.ts";
import { type ApiBackend, type Exchange, Exchanges } from "./exchange.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";
import { closing, listenOnPath, listenOnPort } from "./listener.ts";

/** What the server shows of itself, and by whom its users are certified; all in PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
  /** Signs the certificates of users. */
  readonly authority: string;
}

export interface ApiServerOptions extends ApiBackend {
  /** Loopback by default. */
  readonly host?: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Listens there too, with the same TLS; only the owner of the file may connect. */
  readonly unixPath?: string;
  readonly identity: TlsIdentity;
  readonly limits?: Partial<GatewayLimits>;
}

export interface ApiServer {
  readonly port: number;
  /** Takes a new certificate for connections that come from now on. */
  renew(identity: TlsIdentity): void;
  /** Ends watches and tunnels, finishes what is in flight, then closes. */
  close(): Promise<void>;
}

/** How long a client may take for the handshake of TLS. */
const handshakeMsMax = 10_000;

/** A client that sent something malformed has this long to read the answer. */
const goodbyeMs = 1000;

/** Streams of one HTTP/2 connection; as Go's server. kubectl and informers share connections. */
const http2StreamsMax = 250;

/**
 * What one HTTP/2 connection may hold, in megabytes. Lists that wait for their client count, and
 * all informers of a program share one connection: at its start it asks for many of them at once.
 * With Node's own 10 MB two large ones were enough for the third request to be refused.
 */
const http2MegabytesMax = 128;

/**
 * Starts the edge of the API: one TLS port for HTTP/2 and HTTP/1.1, for kubectl's WebSockets and
 * its SPDY. Requests are parsed and bounded here and answered by the backend.
 *
 * @throws {BeeError} `address-in-use` for the Unix socket; Node's own error for the port.
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const limits = { ...gatewayLimits, ...options.limits };
  const server = new TlsServer(options, limits);
  await server.listen(options);
  return server;
}

class TlsServer implements ApiServer {
  readonly #limits: GatewayLimits;
  readonly #server: Http2SecureServer;
  readonly #pathServer: Server;
  readonly #connections: Connections;
  readonly #exchanges: Exchanges;
  readonly #sockets = new Set<Socket>();
  /** The connection that a TLS socket (HTTP/1.1) or a session (HTTP/2) stands for. */
  readonly #connectionOf = new WeakMap<object, Connection>();
  #inFlight = 0;
  #drained: (() => void) | undefined;

  constructor(options: ApiServerOptions, limits: GatewayLimits) {
    this.#limits = limits;
    this.#connections = new Connections(limits);
    this.#exchanges = new Exchanges(options, limits);
    this.#server = createSecureServer({
      ...secrets(options.identity),
      allowHTTP1: true,
      requestCert: true,
      // Who shows no certificate, or a wrong one, is told so in HTTP.
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      handshakeTimeout: handshakeMsMax,
      maxHeaderListPairs: 200,
      maxSessionMemory: http2MegabytesMax,
      settings: {
        maxConcurrentStreams: http2StreamsMax,
        maxHeaderListSize: limits.headerBytesMax,
        enableConnectProtocol: false,
      },
    });
    // The connection on the Unix socket goes through the same TLS.
    this.#pathServer = createServer((socket) => this.#server.emit("connection", socket));
    for (const listener of [this.#server, this.#pathServer]) {
      listener.maxConnections = limits.connectionsMax;
    }
    this.#listenToServer();
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async listen({ host = "127.0.0.1", port, unixPath }: ApiServerOptions): Promise<void> {
    try {
      await listenOnPort(this.#server, host, port);
      if (unixPath !== undefined) await listenOnPath(this.#pathServer, unixPath);
    } catch (error) {
      this.#server.close();
      this.#connections.destroyAll();
      throw error;
    }
  }

  renew(identity: TlsIdentity): void {
    this.#server.setSecureContext(secrets(identity));
  }

  async close(): Promise<void> {
    const closed = Promise.all([closing(this.#server), closing(this.#pathServer)]);
    this.#exchanges.drain();
    this.#connections.closeAll();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      timer = setTimeout(resolve, this.#limits.drainMsMax);
      if (this.#inFlight === 0) resolve();
    });
    clearTimeout(timer);
    this.#connections.destroyAll();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listenToServer(): void {
    const server = this.#server;
    // Node's HTTP/1.1 parser looks for its limit on the server.
    Object.assign(server, { maxHeaderSize: this.#limits.headerBytesMax, requestTimeout: 0 });
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.setKeepAlive(true, this.#limits.heartbeatMs);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("session", (session) => this.#addSession(session));
    server.on("secureConnection", (socket) => {
      if (socket.alpnProtocol !== "h2") this.#addSocket(socket);
    });
    server.on("request", (incoming: IncomingMessage | Http2ServerRequest, outgoing) => {
      this.#request(incoming, outgoing);
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      refuseMalformed(error, socket);
    });
    server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(incoming, socket, head);
    });
  }

  #addSession(session: Http2Session): void {
    const connection: Connection = {
      close: () => session.close(),
      destroy: () => session.destroy(),
    };
    this.#connectionOf.set(session, connection);
    this.#connections.add(connection);
    session.once("close", () => this.#connections.remove(connection));
    session.on("error", () => undefined);
  }

  #addSocket(socket: TLSSocket): void {
    const connection: Connection = {
      close: () => undefined,
      destroy: () => socket.destroy(),
    };
    this.#connectionOf.set(socket, connection);
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.remove(connection));
  }

  #request(
    incoming: IncomingMessage | Http2ServerRequest,
    outgoing: ServerResponse | Http2ServerResponse,
  ): void {
    const isHttp2 = incoming instanceof Http2ServerRequest;
    const key = isHttp2 ? incoming.stream.session : incoming.socket;
    if (key === undefined) {
      outgoing.destroy();
      return;
    }
    // HTTP/2's requests have a stand-in for the socket, which passes on what is asked of it.
    const socket: object = incoming.socket;
    void this.#serve({ incoming, outgoing, socket }, key, outgoing);
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    // HTTP has taken its listeners away.
    socket.on("error", () => undefined);
    if (!(socket instanceof TLSSocket)) {
      socket.destroy();
      return;
    }
    const outgoing = new ServerResponse(incoming);
    outgoing.assignSocket(socket);
    outgoing.shouldKeepAlive = false;
    socket.on("drain", () => outgoing.emit("drain"));
    outgoing.once("finish", () => socket.end());
    const upgrade = { incoming, socket, head, outgoing };
    void this.#serve({ incoming, outgoing, socket, upgrade }, socket, socket);
  }

  /** Serves, and counts the connection as used until the answer or the tunnel is over. */
  async #serve(
    exchange: Exchange,
    key: object,
    lifetime: { once(event: "close", listener: () => void): unknown },
  ): Promise<void> {
    const connection = this.#connectionOf.get(key);
    const release = connection === undefined ? undefined : this.#connections.use(connection);
    this.#inFlight += 1;
    lifetime.once("close", () => {
      release?.();
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#drained?.();
    });
    await this.#exchanges.serve(exchange);
  }
}

/** Answers what is no HTTP/1.1, and throws away the rest of it, so that the answer arrives. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : "400 Bad Request";
  socket.removeAllListeners("data");
  socket.on("error", () => undefined);
  socket.resume();
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  setTimeout(() => socket.destroy(), goodbyeMs).unref();
}

function secrets({ key, certificate, authority }: TlsIdentity): {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
} {
  return { key, cert: certificate, ca: authority };
}

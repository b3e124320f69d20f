import type { Socket } from "node:net";
import { createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import { Crowd } from "./crowd.ts";
import type { GatewayLimits } from "./limits.ts";
import type { TurnedAway } from "./turned-away.ts";

/** Which certificates a port shows. */
export interface TlsOffer {
  /** PEM; shown where no certificate is for the name that is asked for. */
  readonly fallback: { readonly certificate: string; readonly key: string };
  /** The certificate for a name, in lower case; undefined for the fallback. */
  readonly contextOf: (serverName: string) => Promise<SecureContext | undefined>;
}

/** Where a connection comes from. */
export interface Origin {
  /** From this computer: over loopback or the Unix socket. */
  readonly isLocal: boolean;
  /** Over the Unix socket, that is from who may open it. */
  readonly isOwner: boolean;
  readonly isSecure: boolean;
}

/** Takes a connection that speaks HTTP, or does so inside TLS. */
type Serve = (socket: Socket, origin: Origin) => void;

export interface FrontOptions {
  /** Whether the listener is the Unix socket. */
  readonly isPath: boolean;
  readonly limits: GatewayLimits;
  /** Without it, TLS is not spoken. */
  readonly tls: TlsOffer | undefined;
  readonly serve: Serve;
  readonly onTurnedAway: (cause: TurnedAway) => void;
}

/** The type of a TLS record of a handshake; no method of HTTP begins with it. RFC 8446, 5.1. */
const handshakeByte = 0x16;

/** The kernel asks after a connection that is idle for so long; a WebSocket may be for hours. */
const keepAliveMs = 60_000;

const tlsVersionMin = "TLSv1.2";

/**
 * The front of a port that speaks two protocols: the first byte of a connection tells TLS from
 * HTTP. Connections that say nothing, or too slowly, are closed; one address can have so many.
 */
export class Front {
  readonly #options: FrontOptions;
  readonly #crowd: Crowd;
  readonly #tls: Server | undefined;
  /** Connections that have not said anything yet. */
  readonly #waiting = new Set<Socket>();

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#crowd = new Crowd(options.limits.connectionsPerClientMax);
    this.#tls = options.tls && this.#makeTls(options.tls);
  }

  /** Takes a connection that was just accepted. */
  accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const leave = isNear(socket, this.#options.isPath)
      ? (): void => undefined
      : this.#crowd.enter(socket.remoteAddress ?? "");
    const { onTurnedAway } = this.#options;
    if (leave === undefined) {
      onTurnedAway("crowd");
      socket.destroy();
      return;
    }
    this.#waiting.add(socket);
    socket.once("close", () => {
      this.#waiting.delete(socket);
      leave();
    });
    // Who is gone without a word is found out, whatever was said before.
    socket.setKeepAlive(true, keepAliveMs);
    const timer = setTimeout(() => {
      onTurnedAway("silent");
      socket.destroy();
    }, this.#options.limits.firstRequestMsMax);
    socket.once("close", () => clearTimeout(timer));
    socket.once("readable", () => {
      clearTimeout(timer);
      this.#sort(socket);
    });
  }

  /** Closes the connections that have not said anything yet. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #sort(socket: Socket): void {
    const { isPath, serve } = this.#options;
    this.#waiting.delete(socket);
    const chunk: Buffer | null = socket.read();
    if (chunk === null) {
      socket.destroy();
      return;
    }
    socket.unshift(chunk);
    if (chunk[0] === handshakeByte && this.#tls !== undefined) {
      // Else a client that leaves in the middle of its handshake would not be noticed.
      socket.allowHalfOpen = false;
      this.#tls.emit("connection", socket);
    } else {
      serve(socket, { isLocal: isNear(socket, isPath), isOwner: isPath, isSecure: false });
    }
  }

  #makeTls({ fallback, contextOf }: TlsOffer): Server {
    const { isPath, limits, serve, onTurnedAway } = this.#options;
    const server = createServer({
      cert: fallback.certificate,
      key: fallback.key,
      minVersion: tlsVersionMin,
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: limits.firstRequestMsMax,
      SNICallback: (name, done) => void show(contextOf(name.toLowerCase()), done),
    });
    server.on("secureConnection", (socket) => {
      socket.on("error", () => socket.destroy());
      serve(socket, { isLocal: isNear(socket, isPath), isOwner: isPath, isSecure: true });
    });
    server.on("tlsClientError", (_error: Error, socket: TLSSocket) => {
      onTurnedAway("handshake");
      socket.destroy();
    });
    return server;
  }
}

/** Gives the certificate that was found; the fallback if looking for one failed. */
async function show(
  finding: Promise<SecureContext | undefined>,
  done: (error: null, context?: SecureContext) => void,
): Promise<void> {
  const context = await finding.catch(() => undefined);
  done(null, context);
}

/** Whether the other end is on this computer; of a connection that is gone, nothing is known. */
function isNear({ remoteAddress }: Socket, isPath: boolean): boolean {
  if (isPath) return true;
  return /^(?:::ffff:)?127\.|^::1$/u.test(remoteAddress ?? "");
}

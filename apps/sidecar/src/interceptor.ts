import { createServer, type Server, type Socket } from "node:net";
import { pendingBytesMax } from "./limits.ts";

/** The port that the pod's rules hand every TCP connection to; the runtime's driver says it too. */
export const interceptedPort = 15_001;

export interface InterceptorOptions {
  readonly port: number;
  readonly connectionsMax: number;
  /** Lets a listening socket accept connections to addresses that are not its own. */
  readonly makeTransparent: (server: Server, family: 4 | 6) => void;
  /** A program of the pod connects to an address; its socket is paused. */
  readonly onConnection: (socket: Socket, ip: string, port: number) => void;
  /** There are too many connections already. */
  readonly onDropped: () => void;
}

/**
 * Listens for all TCP connections that the pod's programs make. The kernel's transparent proxying
 * leaves the socket's own address as the one that the program wanted (Linux,
 * Documentation/networking/tproxy.rst).
 */
export class Interceptor {
  readonly #options: InterceptorOptions;
  readonly #servers: readonly Server[];
  /** Connections of both families: together they share what there is. */
  #size = 0;

  constructor(options: InterceptorOptions) {
    this.#options = options;
    this.#servers = [0, 1].map(() => this.#server());
  }

  /** Listens on loopback, in IPv4 and, where the kernel has it, in IPv6. */
  async open(): Promise<void> {
    const [server4, server6] = this.#servers;
    await this.#listen(server4, "127.0.0.1", 4);
    await this.#listen(server6, "::1", 6).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRNOTAVAIL" && error.code !== "EAFNOSUPPORT") throw error;
    });
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }

  #server(): Server {
    const server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      highWaterMark: pendingBytesMax,
    });
    server.on("connection", (socket: Socket) => this.#accept(socket));
    return server;
  }

  #listen(server: Server | undefined, host: string, family: 4 | 6): Promise<void> {
    return new Promise((resolve, reject) => {
      server?.once("error", reject);
      server?.listen({ host, port: this.#options.port, ipv6Only: true, backlog: 4096 }, () => {
        server.off("error", reject);
        this.#options.makeTransparent(server, family);
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    if (this.#size >= this.#options.connectionsMax) {
      socket.resetAndDestroy();
      this.#options.onDropped();
      return;
    }
    this.#size += 1;
    socket.once("close", () => {
      this.#size -= 1;
    });
    const { localAddress = "", localPort = 0 } = socket;
    const ip = localAddress.replace(/^::ffff:(?=\d+\.)/u, "");
    // Whoever calls the listener by its own name would be brought to it again and again.
    const isLoop = localPort === this.#options.port && (ip === "127.0.0.1" || ip === "::1");
    if (isLoop || localPort === 0) socket.resetAndDestroy();
    else this.#options.onConnection(socket, ip, localPort);
  }
}

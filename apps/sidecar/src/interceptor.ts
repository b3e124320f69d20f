import { BeeError } from "@beemesh/base";
import { type PlainStream, StreamListener, socketAddress } from "@beemesh/kernel";

/** The port that the pod's rules hand every TCP connection to; the runtime's driver says it too. */
export const interceptedPort = 15_001;

export interface InterceptorOptions {
  readonly port: number;
  readonly connectionsMax: number;
  /** Lets a listening socket accept connections to addresses that are not its own. */
  readonly makeTransparent: (fd: number, family: 4 | 6) => void;
  /** A program of the pod connects to an address; nothing of it has been read. */
  readonly onConnection: (app: PlainStream, ip: string, port: number) => void;
  /** There are too many connections already. */
  readonly onDropped: () => void;
}

/** `EAFNOSUPPORT` and `EADDRNOTAVAIL`: this kernel, or this network, has no IPv6. */
const withoutFamily: ReadonlySet<unknown> = new Set([97, 99]);

/**
 * Listens for all TCP connections that the pod's programs make. The kernel's transparent proxying
 * leaves the socket's own address as the one that the program wanted (Linux,
 * Documentation/networking/tproxy.rst).
 */
export class Interceptor {
  readonly #options: InterceptorOptions;
  readonly #listeners: StreamListener[] = [];
  /** Connections of both families: together they share what there is. */
  readonly #tally = { connections: 0 };

  constructor(options: InterceptorOptions) {
    this.#options = options;
  }

  /**
   * Listens on loopback, in IPv4 and, where the kernel has it, in IPv6.
   *
   * @throws {BeeError} `kernel-refused` if it cannot.
   */
  open(): void {
    this.#listen("127.0.0.1", 4);
    try {
      this.#listen("::1", 6);
    } catch (error) {
      if (!(error instanceof BeeError && withoutFamily.has(error.facts["errno"]))) throw error;
    }
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #listen(host: string, family: 4 | 6): void {
    const { connectionsMax, makeTransparent, onDropped, port } = this.#options;
    const address = socketAddress(host, port);
    const onStream = (app: PlainStream): void => this.#accept(app);
    const shared = { connectionsMax, tally: this.#tally };
    const listener = new StreamListener({ address, ...shared, onStream, onDropped });
    this.#listeners.push(listener);
    makeTransparent(listener.fd, family);
  }

  #accept(app: PlainStream): void {
    const { ip, port } = app.local;
    // Whoever calls the listener by its own name would be brought to it again and again.
    const isLoop = port === this.#options.port && (ip === "127.0.0.1" || ip === "::1");
    if (isLoop || port === 0) app.reset();
    else {
      app.tune(0);
      this.#options.onConnection(app, ip, port);
    }
  }
}

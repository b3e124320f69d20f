import type { Route, TransportProtocol } from "@beemesh/workload";
import type { Channel } from "./channel.ts";

/** Addresses whose routes are kept; the one that was asked for first makes place. */
const routesMax = 4096;

/**
 * A refusal is asked again after so long: it may be that nobody knew the address yet, and then its
 * machine follows nothing by which it could tell that somebody does now.
 */
const refusedMs = 2000;

interface Wanted {
  readonly protocol: TransportProtocol;
  readonly ip: string;
  readonly port: number;
}

interface Known {
  readonly wanted: Wanted;
  route: Route;
  readonly atMs: number;
}

/** Where connections go, as the machine has said it. */
export class Routes {
  readonly #channel: Channel;
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<Route | undefined>>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get size(): number {
    return this.#known.size;
  }

  /** The route if it is known; most connections go where an earlier one went. */
  known(protocol: TransportProtocol, ip: string, port: number): Route | undefined {
    return this.#good(`${protocol} ${ip} ${port}`);
  }

  /** The route, asked for if need be; undefined if the machine does not answer. */
  find(protocol: TransportProtocol, ip: string, port: number): Promise<Route | undefined> {
    const name = `${protocol} ${ip} ${port}`;
    const known = this.#good(name);
    if (known !== undefined) return Promise.resolve(known);
    const asked = this.#asked.get(name) ?? this.#ask(name, { protocol, ip, port });
    this.#asked.set(name, asked);
    return asked;
  }

  /** A route has changed. */
  change(route: Route): void {
    for (const known of this.#known.values()) {
      if (known.route.key === route.key) known.route = route;
    }
  }

  /**
   * A machine that has started anew does not know which routes it has told: they are good until
   * it has answered, and asked for again so that it tells when they change.
   */
  async refresh(): Promise<void> {
    for (const [name, { wanted }] of this.#known) {
      if (!this.#channel.isAttached) return;
      await this.#ask(name, wanted);
    }
  }

  /** What is known and need not be asked again. Nobody could answer while there is no machine. */
  #good(name: string): Route | undefined {
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    const { route, atMs } = known;
    const isOld = route.kind === "refused" && performance.now() - atMs > refusedMs;
    return isOld && this.#channel.isAttached ? undefined : route;
  }

  async #ask(name: string, wanted: Wanted): Promise<Route | undefined> {
    const answer = await this.#channel.ask({ kind: "route", ...wanted });
    this.#asked.delete(name);
    if (answer === undefined) return undefined;
    const { route } = answer;
    this.#known.set(name, { wanted, route, atMs: performance.now() });
    if (this.#known.size > routesMax) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return route;
  }
}

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { BeeError } from "@beemesh/base";
import type { TransportProtocol } from "@beemesh/workload";
import { connectTcp, connectUdp } from "./connecting.ts";
import type { Dialed } from "./dialer.ts";
import { heldDatagrams, heldSocket } from "./held-connection.ts";
import { innerFault, type OwnPlaces } from "./outside-address.ts";

/** A program outside the mesh. */
export interface OutsidePlace {
  readonly protocol: TransportProtocol;
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** Whether a policy names this very address, so that it may be one that is closed otherwise. */
  readonly isNamed: boolean;
}

export interface OutsideDialerOptions {
  /** What of this machine no pod may reach; asked each time, for addresses come and go. */
  readonly own: () => OwnPlaces;
  /** All addresses of a name. Default: the system's. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** How long a name may take to be resolved, and each address to answer. */
const resolveMsMax = 5000;
const connectMsMax = 5000;

/** Addresses of one name that are tried. */
const addressesMax = 4;

/**
 * Makes connections to programs outside the mesh, from this machine. Names are resolved here, and
 * what they resolve to is judged, so that no name leads back to what no pod may reach.
 */
export class OutsideDialer {
  readonly #options: OutsideDialerOptions;

  constructor(options: OutsideDialerOptions) {
    this.#options = options;
  }

  /** @throws {BeeError} `name-unresolved`, `address-closed`, `address-silent`. */
  async dial({ protocol, host, port, isNamed }: OutsidePlace): Promise<Dialed> {
    const own = this.#options.own();
    let failure: BeeError = new BeeError(
      "name-unresolved",
      `Cannot resolve ${host}: it has no address`,
    );
    for (const address of (await this.#resolve(host)).slice(0, addressesMax)) {
      const fault = isNamed ? undefined : innerFault(address, port, own);
      if (fault !== undefined) {
        failure = new BeeError("address-closed", `Cannot connect to ${host}: ${fault}`);
        continue;
      }
      try {
        return await this.#connect(protocol, address, port);
      } catch (error) {
        if (!(error instanceof BeeError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #connect(protocol: TransportProtocol, host: string, port: number): Promise<Dialed> {
    const held =
      protocol === "tcp"
        ? heldSocket(await connectTcp({ host, port }, connectMsMax))
        : heldDatagrams(await connectUdp({ host, port }));
    return { held, path: "external", issuer: "" };
  }

  async #resolve(host: string): Promise<readonly string[]> {
    if (isIP(host) > 0) return [host];
    const { resolve = resolveBySystem } = this.#options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("no answer in time")), resolveMsMax);
    try {
      return await Promise.race([resolve(host), late]);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BeeError("name-unresolved", `Cannot resolve ${host}: ${reason}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

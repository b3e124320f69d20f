import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { BeeError } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { type Endpoint, preambleOf } from "@beemesh/workload";
import { splice } from "../splice.ts";
import { connectTcp, writeAll } from "./connecting.ts";
import { type HeldConnection, heldSocket } from "./held-connection.ts";
import { Reachability } from "./reachability.ts";
import { readSocketAddresses, type SocketAddress, socketAddressText } from "./socket-address.ts";

/** The way that a connection takes. */
export type ConnectionPath = "local" | "direct" | "relayed" | "external";

/** A connection that was made, to be handed over. */
export interface Dialed {
  readonly held: HeldConnection;
  readonly path: ConnectionPath;
  /** The machine whose certificates count at the other end; empty outside the mesh. */
  readonly issuer: PeerId;
}

/** What a dialer needs of its machine. */
export interface DialerOptions {
  /** The machine's name. */
  readonly self: string;
  readonly peerOf: (machine: string) => PeerId | undefined;
  /** Where a machine says that its workload port is: `ip:port,…`; empty if it says nothing. */
  readonly addressesOf: (machine: string) => string;
  /** What machines say of one of whose Node no record is known here. */
  readonly found: (
    machine: string,
  ) => Promise<{ readonly peer: PeerId; readonly addresses: readonly string[] } | undefined>;
  /** Whether this machine is reached over loopback itself. */
  readonly isLocal: boolean;
  /** The other sidecar's socket on this machine, with `carry` said. */
  readonly carry: (uid: string) => Promise<Socket>;
  readonly openStream: (peer: PeerId) => Promise<Duplex>;
  readonly pair: () => Promise<{ readonly near: Socket; readonly far: Socket }>;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
}

/**
 * A round trip around the world and back takes 300 ms, a lost SYN is sent again after a second:
 * whoever has not answered by then is not reached this way, and the streams of the mesh are.
 */
const directMsMax = 1500;

/** The mesh dials by itself for a stream, if need be. */
const streamMsMax = 6000;

/**
 * Makes connections to sidecars: on this machine through their socket, on another one over TCP,
 * and where that is not possible through a stream of the mesh.
 */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #reachability: Reachability;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#reachability = new Reachability(options.nowMs);
  }

  /**
   * @throws {BeeError} `machine-unknown`, `pod-unknown`, `peer-unreachable` and what the runtime
   *   throws.
   */
  async dial({ uid, machine }: Endpoint): Promise<Dialed> {
    const { self, carry } = this.#options;
    const { peer: issuer, addresses } = await this.#lookUp(machine);
    if (machine === self) {
      return { held: heldSocket(await carry(uid)), path: "local", issuer };
    }
    const socket = await this.#dialDirectly(addresses, uid);
    if (socket !== undefined) return { held: heldSocket(socket), path: "direct", issuer };
    return { held: await this.#relay(issuer, uid), path: "relayed", issuer };
  }

  /** Which machine that is: by its own record, else by what is said of it elsewhere. */
  async #lookUp(machine: string): Promise<{ readonly peer: PeerId; readonly addresses: string }> {
    const { peerOf, addressesOf, found } = this.#options;
    const peer = peerOf(machine);
    if (peer !== undefined) return { peer, addresses: addressesOf(machine) };
    const other = await found(machine);
    if (other !== undefined) return { peer: other.peer, addresses: other.addresses.join(",") };
    throw new BeeError("machine-unknown", `Cannot dial: machine ${machine} is unknown here`);
  }

  /** Undefined if no address answers, or none is worth waiting for. */
  async #dialDirectly(addresses: string, uid: string): Promise<Socket | undefined> {
    const { isLocal } = this.#options;
    for (const address of readSocketAddresses(addresses, isLocal)) {
      const name = socketAddressText(address);
      if (!this.#reachability.isHopeful(name)) {
        if (this.#reachability.takeRetry(name)) void this.#probe(address);
        continue;
      }
      const socket = await this.#connect(address);
      if (socket === undefined) continue;
      await writeAll(socket, preambleOf(uid));
      return socket;
    }
    return undefined;
  }

  async #probe(address: SocketAddress): Promise<void> {
    (await this.#connect(address))?.destroy();
  }

  async #connect(address: SocketAddress): Promise<Socket | undefined> {
    const name = socketAddressText(address);
    try {
      const socket = await connectTcp(address, directMsMax);
      this.#reachability.answered(name);
      return socket;
    } catch {
      this.#reachability.failed(name);
      return undefined;
    }
  }

  /** A stream of the mesh, with one end of a pair in its place to be handed over. */
  async #relay(peer: PeerId, uid: string): Promise<HeldConnection> {
    const { openStream, pair } = this.#options;
    const stream = await inTime(openStream(peer), (late) => late.destroy());
    try {
      stream.on("error", () => stream.destroy());
      stream.write(preambleOf(uid));
      const { near, far } = await pair();
      splice(near, stream);
      return heldSocket(far);
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }
}

/** What was asked for, if it comes in time; what comes later is let go of. */
async function inTime<Thing>(asked: Promise<Thing>, drop: (late: Thing) => void): Promise<Thing> {
  const waiting = new AbortController();
  const late = pause(streamMsMax, "late" as const, { signal: waiting.signal });
  late.catch(() => undefined);
  const first = await Promise.race([asked, late]);
  if (first !== "late") {
    waiting.abort();
    return first;
  }
  asked.then(drop, () => undefined);
  throw new BeeError("peer-unreachable", "Cannot reach the machine: no stream in time");
}

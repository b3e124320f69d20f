import { createServer, isIPv6, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { BeeError } from "@beemesh/base";
import { type HeldConnection, heldSocket } from "./held-connection.ts";
import { type PreambleFault, readPreambleOf } from "./preamble-reader.ts";
import { socketAddressText } from "./socket-address.ts";

/** What the workload port accepts of connections that have not said yet what they want. */
export interface WorkloadPortLimits {
  /** From a connection to its whole first line: two slow round trips. */
  readonly preambleMsMax: number;
  /** Of all sources together. Each costs a descriptor and some kilobytes, for so long. */
  readonly waitingMax: number;
  /** Of one source: an IPv4 address, or the 64 bits of a network of IPv6. */
  readonly waitingPerSourceMax: number;
}

/** The limits in use. A machine that is dialed by 64 others at once still serves each. */
export const workloadPortLimits: WorkloadPortLimits = {
  preambleMsMax: 3000,
  waitingMax: 1024,
  waitingPerSourceMax: 64,
};

/** A connection of another machine that asks for a pod, with what was read of it already. */
export interface IncomingConnection {
  readonly uid: string;
  /** Reads nothing any more; what was read beyond the first line is in `held`. */
  readonly socket: Socket;
  readonly held: HeldConnection;
}

export interface WorkloadPortOptions {
  /** The address to listen on, such as `0.0.0.0`. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly limits?: Partial<WorkloadPortLimits>;
}

/**
 * Where other machines reach a port of this one: the address that it listens on, or, if those are
 * all, what its network interfaces have, without those that only mean something here.
 */
export function announcedAddresses(host: string, port: number): readonly string[] {
  if (host !== "0.0.0.0" && host !== "::") return [socketAddressText({ host, port })];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .filter(({ family }) => host === "::" || family === "IPv4")
    .map(({ address }) => socketAddressText({ host: address, port }));
}

/**
 * Where other machines bring connections for the pods of this one. The first line names the pod;
 * what follows is between two sidecars, and is not read here.
 */
export class WorkloadPort {
  /** Who takes connections; those that come before somebody does are closed. */
  onConnection: (connection: IncomingConnection) => void = ({ held }) => held.release();
  /** Told of each connection that was not let in; `crowded` is one over a limit. */
  onRefused: (cause: PreambleFault | "crowded") => void = () => undefined;
  readonly #options: WorkloadPortOptions;
  readonly #limits: WorkloadPortLimits;
  readonly #server: Server;
  readonly #waiting = new Set<Socket>();
  readonly #waitingOf = new Map<string, number>();

  constructor(options: WorkloadPortOptions) {
    this.#options = options;
    this.#limits = { ...workloadPortLimits, ...options.limits };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#welcome(socket),
    );
  }

  /** The port that it listens on; 0 if it does not. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Connections that have not shown their first line. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** @throws {BeeError} `port-taken` if it cannot listen there. */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", (cause) => {
      const message = `Cannot listen on ${host} port ${port} for workloads: ${cause.message}`;
      reject(new BeeError("port-taken", message, { facts: { host, port }, cause }));
    });
    this.#server.listen({ host, port }, resolve);
    await promise;
    // A failing accept, as without descriptors, passes; it must not end the process.
    this.#server.on("error", () => undefined);
  }

  /** Listens no more. Connections that were handed on stay. */
  close(): void {
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
  }

  #welcome(socket: Socket): void {
    const source = sourceOf(socket.remoteAddress ?? "");
    const ofSource = this.#waitingOf.get(source) ?? 0;
    const { waitingMax, waitingPerSourceMax, preambleMsMax } = this.#limits;
    if (this.#waiting.size >= waitingMax || ofSource >= waitingPerSourceMax) {
      socket.on("error", () => undefined);
      socket.resetAndDestroy();
      this.onRefused("crowded");
      return;
    }
    this.#waiting.add(socket);
    this.#waitingOf.set(source, ofSource + 1);
    readPreambleOf(socket, preambleMsMax, (found) => {
      this.#waiting.delete(socket);
      this.#leave(source);
      if (typeof found === "string") {
        socket.destroy();
        this.onRefused(found);
      } else this.#pass(socket, found.uid, found.rest);
    });
  }

  #pass(socket: Socket, uid: string, rest: Buffer): void {
    try {
      this.onConnection({ uid, socket, held: heldSocket(socket, rest) });
    } catch {
      socket.destroy();
      this.onRefused("ended");
    }
  }

  #leave(source: string): void {
    const left = (this.#waitingOf.get(source) ?? 1) - 1;
    if (left > 0) this.#waitingOf.set(source, left);
    else this.#waitingOf.delete(source);
  }
}

/** Whom an address counts for: whoever has one address of IPv6 has all of its network. */
function sourceOf(address: string): string {
  return isIPv6(address) && !address.startsWith("::ffff:")
    ? address.split(":").slice(0, 4).join(":")
    : address;
}

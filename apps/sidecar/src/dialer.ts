import { PlainStream, TlsStream } from "@beemesh/kernel";
import type { Endpoint, TransportProtocol } from "@beemesh/workload";
import type { Channel } from "./channel.ts";
import type { Handover } from "./handover.ts";
import type { Identity } from "./identity.ts";
import { handshakeMsMax, keepAliveSeconds } from "./limits.ts";
import type { Meters } from "./metrics.ts";
import { readPeer } from "./peer.ts";

/** Why there is no connection. */
export interface DialFailure {
  /** Stable word for metrics. */
  readonly cause: "machine" | "identity" | "certificate" | "handshake" | "limit";
  readonly reason: string;
}

export interface DialerOptions {
  readonly channel: Channel;
  readonly handover: Handover;
  readonly identity: Identity;
  readonly meters: Meters;
  readonly nowMs: () => number;
  /** The mesh of this workload; undefined until the machine has said it. */
  readonly mesh: () => string | undefined;
}

/** Makes connections to other sidecars, by sockets that the machine connects. */
export class Dialer {
  readonly #options: DialerOptions;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /**
   * TLS to the sidecar of an endpoint, which has shown that it is the one.
   *
   * @param isWatch - Whether nobody but a watch over replicas wants it.
   */
  async dial(endpoint: Endpoint, isWatch: boolean): Promise<TlsStream | DialFailure> {
    const made = await this.#dial(endpoint, isWatch);
    const result = "cause" in made ? made.cause : "made";
    this.#options.meters.count("beemesh_workload_carriers_total", { direction: "out", result });
    return made;
  }

  /** A TCP connection to a program outside the mesh. */
  async dialExternal(host: string, port: number): Promise<PlainStream | DialFailure> {
    const id = await this.#askExternal("tcp", host, port);
    if (typeof id !== "number") return id;
    const delivery = this.#options.handover.take(id);
    return delivery === undefined ? noSocket : new PlainStream(delivery.fd);
  }

  /** A descriptor of UDP that sends to, and hears, a program outside; its taker closes it. */
  async dialDatagrams(host: string, port: number): Promise<number | DialFailure> {
    const id = await this.#askExternal("udp", host, port);
    return typeof id === "number" ? (this.#options.handover.take(id)?.fd ?? noSocket) : id;
  }

  /** The id under which the machine has handed a socket over. */
  async #askExternal(
    protocol: TransportProtocol,
    host: string,
    port: number,
  ): Promise<number | DialFailure> {
    const question = { kind: "dialExternal", protocol, host, port } as const;
    const answer = await this.#options.channel.ask(question);
    if (answer === undefined) return { cause: "machine", reason: "the machine does not answer" };
    return answer.error === "" ? answer.id : { cause: "machine", reason: answer.error };
  }

  async #dial(endpoint: Endpoint, isWatch: boolean): Promise<TlsStream | DialFailure> {
    const { channel, handover, identity } = this.#options;
    const credentials = await identity.whenReady();
    if (credentials === undefined) return { cause: "identity", reason: "not certified" };
    const answer = await channel.ask({ kind: "dial", endpoint, isWatch });
    if (answer === undefined) return { cause: "machine", reason: "the machine does not answer" };
    if (answer.error !== "") return { cause: "machine", reason: answer.error };
    const delivery = handover.take(answer.id);
    if (delivery === undefined) return noSocket;
    const { fd, bytes: early } = delivery;
    const tls = new TlsStream(fd, credentials.context, { isServer: false, early });
    tls.tune(keepAliveSeconds);
    if (!(await isShaken(tls))) return goneSocket;
    if (this.#isExpected(tls, endpoint, answer.issuer)) return tls;
    tls.destroy();
    return { cause: "certificate", reason: `${endpoint.ip} is not ${endpoint.uid}` };
  }

  #isExpected(tls: TlsStream, endpoint: Endpoint, issuer: string): boolean {
    const peer = readPeer(tls, this.#options.nowMs(), this.#options.mesh());
    if (typeof peer === "string") return false;
    const { caller } = peer;
    return (
      caller.issuer === issuer &&
      caller.uid === endpoint.uid &&
      caller.namespace === endpoint.namespace &&
      caller.serviceAccount === endpoint.serviceAccount
    );
  }
}

const noSocket: DialFailure = { cause: "machine", reason: "the machine handed no socket over" };

const goneSocket: DialFailure = { cause: "handshake", reason: "the other sidecar hung up" };

/** Waits for the end of the handshake, but not for ever. */
function isShaken(tls: TlsStream): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => tls.destroy(), handshakeMsMax);
    tls.shakeHands((isSecure) => {
      clearTimeout(timer);
      resolve(isSecure);
    });
  });
}

import { type Datagram, datagramPacket, readDatagram, unreachablePacket } from "@beemesh/packets";
import type { Route } from "@beemesh/workload";
import type { BalancedRoutes } from "./balanced-route.ts";
import { Carrier } from "./carrier.ts";
import {
  CarriedDatagrams,
  DatagramFlow,
  type DatagramOwner,
  type DatagramWay,
} from "./datagram-flow.ts";
import type { Dialer } from "./dialer.ts";
import type { Meters } from "./metrics.ts";
import { type Names, nameServerAddress } from "./names.ts";
import type { Pool } from "./pool.ts";
import type { Refusals } from "./refusals.ts";
import type { Routes } from "./routes.ts";

/** What a tun device, or a socket of UDP, does for its descriptor. */
export interface PacketPort {
  /** Writes a packet, or loses it. */
  write(bytes: Uint8Array): void;
  close(): void;
}

export interface DatagramsOptions {
  readonly routes: Routes;
  readonly pool: Pool;
  readonly dialer: Dialer;
  readonly balanced: BalancedRoutes;
  readonly meters: Meters;
  readonly refusals: Refusals;
  readonly names: Names;
  /** This workload's SPIFFE ID. */
  readonly name: () => string;
  /** Reads and writes what comes to a descriptor, one piece a packet. */
  readonly watch: (fd: number, onPacket: (packet: Buffer) => void) => PacketPort;
  /** Writes a packet to the pod's device. */
  readonly write: (packet: Uint8Array) => void;
}

/** Flows at once; one more ends the one that was unused for longest. */
const flowsMax = 1024;

/** A flow that was unused for so long is over: more than twice what RFC 4787 wants of a NAT. */
const idleMsMax = 60_000;
const sweepMs = 10_000;

/** Bytes of a packet that are kept to say what was not delivered (see RFC 1812, 4.3.2.3). */
const aboutBytesMax = 576;

/** Takes what the pod's programs send by UDP, and answers for what cannot go anywhere. */
export class Datagrams {
  readonly #options: DatagramsOptions;
  /** The one that was used last comes last. */
  readonly #flows = new Map<string, DatagramFlow>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: DatagramsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flows.size;
  }

  /** Takes a packet that a program of the pod has sent. */
  onPacket(packet: Uint8Array): void {
    const datagram = readDatagram(packet);
    if (datagram === undefined) {
      this.#answer(packet, "prohibited");
      this.#count("foreign");
      return;
    }
    const { target, targetPort, payload } = datagram;
    const { ip, port } = nameServerAddress;
    if (target === ip && targetPort === port) {
      this.#options.names.onDatagram(payload, (reply) => this.#reply(datagram, reply));
    } else this.#forward(datagram, packet);
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const flow of this.#flows.values()) flow.close();
    this.#flows.clear();
  }

  #forward(datagram: Datagram, packet: Uint8Array): void {
    const { source, sourcePort, target, targetPort, payload } = datagram;
    const key = `${source} ${sourcePort} ${target} ${targetPort}`;
    const known = this.#flows.get(key);
    const flow = known ?? new DatagramFlow();
    flow.usedAt = performance.now();
    this.#flows.delete(key);
    this.#flows.set(key, flow);
    flow.send(payload);
    this.#count("out");
    if (known !== undefined) return;
    this.#makeRoom();
    this.#sweep ??= setInterval(() => this.#closeOld(), sweepMs).unref();
    const about = Buffer.from(packet.subarray(0, aboutBytesMax));
    void this.#open(key, flow, { datagram, about });
  }

  async #open(
    key: string,
    flow: DatagramFlow,
    first: { readonly datagram: Datagram; readonly about: Uint8Array },
  ): Promise<void> {
    const { target, targetPort } = first.datagram;
    const route = await this.#options.routes.find("udp", target, targetPort);
    const onReply = (payload: Uint8Array): void => {
      flow.usedAt = performance.now();
      this.#count("in");
      this.#reply(first.datagram, payload);
    };
    const onLost = (why: "closed" | "prohibited"): void => {
      if (this.#flows.get(key) !== flow) return;
      this.#flows.delete(key);
      this.#answer(first.about, why);
    };
    const way = await this.#wayOf(route, { onReply, onLost });
    if (typeof way === "string") {
      this.#refuse(first.datagram, route?.kind === "refused" ? "policy" : "unknown", way);
      onLost("prohibited");
    } else if (this.#flows.get(key) === flow) flow.open(way);
    else way.close();
  }

  /** The way of a route, or why there is none. */
  async #wayOf(route: Route | undefined, owner: DatagramOwner): Promise<DatagramWay | string> {
    if (route === undefined) return "the machine does not answer";
    if (route.kind === "refused") return route.reason;
    if (route.kind === "external") {
      const fd = await this.#options.dialer.dialDatagrams(route.host, route.port);
      if (typeof fd !== "number") return fd.reason;
      const port = this.#options.watch(fd, (packet) => owner.onReply(packet));
      return { send: (payload) => port.write(payload), close: () => port.close() };
    }
    const known = this.#options.balanced.find(route);
    const endpoint = known.pick();
    if (endpoint === "empty") return "the service has no endpoints";
    if (endpoint === "full") return "every endpoint has all that it may have";
    const use = known.use(endpoint);
    const carrier = await this.#options.pool.take(endpoint);
    if (!(carrier instanceof Carrier)) {
      use.failed();
      return carrier.reason;
    }
    if (!carrier.isIdle) {
      use.over();
      return "the other sidecar hung up";
    }
    const way = new CarriedDatagrams(carrier, { ...owner, use });
    const service = route.kind === "pod" ? "" : `${route.namespace}/${route.name}:${route.port}`;
    carrier.open({ protocol: "udp", port: endpoint.port, service, traceparent: "" }, way);
    return way;
  }

  #reply({ source, sourcePort, target, targetPort }: Datagram, payload: Uint8Array): void {
    const back = { source: target, sourcePort: targetPort, target: source, targetPort: sourcePort };
    this.#options.write(datagramPacket({ ...back, payload }));
  }

  #answer(packet: Uint8Array, why: "closed" | "prohibited"): void {
    const answer = unreachablePacket(packet, why);
    if (answer !== undefined) this.#options.write(answer);
  }

  #refuse({ target, targetPort }: Datagram, cause: string, reason: string): void {
    const { name, refusals } = this.#options;
    const what = { direction: "out", protocol: "udp", source: name(), target } as const;
    refusals.report({ ...what, port: targetPort, cause, reason });
  }

  #makeRoom(): void {
    for (const oldest of this.#flows.keys()) {
      if (this.#flows.size <= flowsMax) return;
      this.#drop(oldest);
    }
  }

  #closeOld(): void {
    const before = performance.now() - idleMsMax;
    for (const [key, { usedAt }] of this.#flows) if (usedAt < before) this.#drop(key);
  }

  #drop(key: string): void {
    const flow = this.#flows.get(key);
    this.#flows.delete(key);
    flow?.close();
  }

  #count(result: string): void {
    this.#options.meters.count("beemesh_workload_datagrams_total", { result });
  }
}

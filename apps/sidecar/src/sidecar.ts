import type { Socket } from "node:net";
import type { PlainStream } from "@beemesh/kernel";
import { Meter, type SpanQueue } from "@beemesh/proxy";
import { type PeerRefClaim, type PodFacts, peerRefText, spiffeIdOf } from "@beemesh/workload";
import { BalancedRoutes } from "./balanced-route.ts";
import { Channel, type Notice } from "./channel.ts";
import { Datagrams, type PacketPort } from "./datagrams.ts";
import { Dialer } from "./dialer.ts";
import { Door } from "./door.ts";
import { type Delivery, Handover } from "./handover.ts";
import { HttpOutbound } from "./http-outbound.ts";
import { Identity } from "./identity.ts";
import { Inbound } from "./inbound.ts";
import { Interceptor } from "./interceptor.ts";
import { Meters } from "./metrics.ts";
import { pageOf } from "./metrics-page.ts";
import { Names, nameServerAddress } from "./names.ts";
import { Outbound } from "./outbound.ts";
import { Pool } from "./pool.ts";
import { Reaching } from "./reaching.ts";
import { Refusals } from "./refusals.ts";
import { Routes } from "./routes.ts";
import { SpanSender } from "./span-sender.ts";
import { Verdicts } from "./verdicts.ts";
import { Watching } from "./watching.ts";

export interface SidecarOptions {
  /** Where the door is, outside the pod. */
  readonly socketPath: string;
  /** Addresses of the pod, at which its programs listen for others. */
  readonly addresses: readonly string[];
  /** Ports by which a program in no pod calls Services; see `Reaching`. */
  readonly reaches?: readonly string[];
  /** Where the rules of the pod hand connections to; undefined beside a program in no pod. */
  readonly interceptedPort: number | undefined;
  /** Connections at once, of each kind. */
  readonly connectionsMax: number;
  /** What only the kernel can do. */
  readonly makeTransparent: (fd: number, family: 4 | 6) => void;
  readonly inbox: { receive(): Delivery | undefined };
  readonly watch: (fd: number, onPacket: (packet: Buffer) => void) => PacketPort;
  /** The pod's device, for everything but TCP; none in tests without a pod. */
  readonly device: number | undefined;
}

/** All parts of a sidecar, and how they know each other. */
export class Sidecar {
  readonly meters: Meters = new Meters();
  readonly #balanced: BalancedRoutes;
  readonly #channel: Channel;
  readonly #datagrams: Datagrams;
  readonly #door: Door;
  readonly #handover: Handover;
  readonly #http: HttpOutbound;
  readonly #identity: Identity;
  readonly #inbound: Inbound;
  readonly #interceptor: Interceptor | undefined;
  readonly #names: Names;
  readonly #outbound: Outbound;
  readonly #pool: Pool;
  readonly #reaching: Reaching;
  readonly #routes: Routes;
  readonly #spans: SpanSender;
  readonly #verdicts: Verdicts;
  readonly #watching: Watching;
  #device: PacketPort | undefined;
  #pod: PodFacts | undefined;
  #clockOffsetMs = 0;

  constructor(options: SidecarOptions) {
    const { addresses, connectionsMax } = options;
    const isOutside = options.interceptedPort === undefined;
    const nowMs = (): number => Date.now() + this.#clockOffsetMs;
    const mesh = (): string | undefined => this.#pod?.mesh;
    const name = (): string => (this.#pod === undefined ? "" : spiffeIdOf(this.#pod));
    const channel = new Channel({
      onAttach: () => this.#onAttach(),
      onNotice: (notice) => this.#onNotice(notice),
    });
    const { meters } = this;
    const meter = new Meter();
    const identity = new Identity({ channel, nowMs, onRenewed: () => this.#pool.renew() });
    const handover = new Handover({
      inbox: options.inbox,
      onIncoming: ({ fd, bytes }) => this.#inbound.take(fd, bytes),
    });
    const refusals = new Refusals(channel, meters, meter);
    const verdicts = new Verdicts(channel);
    const routes = new Routes(channel);
    const dialer = new Dialer({ channel, handover, identity, meters, nowMs, mesh });
    const pool = new Pool(dialer, (uid) => this.#watching.heard(uid));
    const random = { below: (bound: number): number => Math.floor(Math.random() * bound) };
    const watching = new Watching({ channel, pool, meters, random });
    const balanced = new BalancedRoutes();
    const names = new Names(channel, meters);
    const write = (packet: Uint8Array): void => this.#device?.write(packet);
    const outer = { routes, pool, dialer, balanced, meters, refusals, name };
    this.#datagrams = new Datagrams({ ...outer, names, watch: options.watch, write });
    const { device } = options;
    if (device !== undefined) {
      this.#device = options.watch(device, (packet) => this.takePacket(packet));
    }
    const http = new HttpOutbound({ carriers: pool, balanced, nowMs, meter });
    this.#outbound = new Outbound({ ...outer, http });
    const inner = { identity, verdicts, watching, meters, refusals, nowMs, mesh, name, addresses };
    const traced = (): SpanQueue | undefined => http.traced;
    this.#inbound = new Inbound({ ...inner, carriersMax: connectionsMax, traced });
    this.#interceptor = this.#interceptorOf(options);
    this.#reaching = new Reaching({
      texts: options.reaches ?? [],
      connectionsMax,
      resolve: (service) => channel.ask({ kind: "names", name: service, type: "A" }),
      refusals,
      name,
      onConnection: (socket, ip, to) => this.take(socket, ip, to),
    });
    const doorOptions = {
      socketPath: options.socketPath,
      // A pod's loopback is its own; that of a machine is not the program's.
      addresses: isOutside ? addresses : ["127.0.0.1", "::1", ...addresses],
      onControl: (socket: Socket) => channel.attach(socket),
      onCarry: (fd: number, early: Uint8Array) => this.#inbound.take(fd, early),
    };
    this.#door = new Door(doorOptions, connectionsMax);
    this.#balanced = balanced;
    this.#channel = channel;
    this.#names = names;
    this.#handover = handover;
    this.#http = http;
    this.#identity = identity;
    this.#pool = pool;
    this.#routes = routes;
    this.#spans = new SpanSender(http.spans, channel);
    this.#verdicts = verdicts;
    this.#watching = watching;
    this.#watch();
  }

  /** Whether anybody can still come to this sidecar. */
  get isReachable(): boolean {
    return this.#door.isReachable;
  }

  /** Listens for the pod's programs first and then for the machine, which takes it as ready. */
  open(): void {
    this.#interceptor?.open();
    this.#reaching.open();
    this.#door.open();
    void this.#identity.renew();
  }

  /** Takes the stream of a program of the pod that connects to an address. */
  take(app: PlainStream, ip: string, port: number): void {
    const { ip: names, port: namesPort } = nameServerAddress;
    if (ip === names && port === namesPort) this.#names.take(app);
    else this.#outbound.take(app, ip, port);
  }

  /** Takes a packet that a program of the pod has sent by anything but TCP. */
  takePacket(packet: Uint8Array): void {
    this.#datagrams.onPacket(packet);
  }

  /** Takes a new key, certified anew; connections that exist go on. */
  renewIdentity(): Promise<void> {
    return this.#identity.renew();
  }

  close(): void {
    this.#door.close();
    this.#interceptor?.close();
    this.#reaching.close();
    this.#identity.close();
    this.#watching.close();
    this.#channel.close();
    this.#spans.close();
    this.#http.close();
    this.#pool.close();
    this.#inbound.close();
    this.#handover.close();
    this.#names.close();
    this.#device?.close();
    this.#datagrams.close();
  }

  #interceptorOf(options: SidecarOptions): Interceptor | undefined {
    const { interceptedPort: port, connectionsMax, makeTransparent } = options;
    if (port === undefined) return undefined;
    return new Interceptor({
      port,
      connectionsMax,
      makeTransparent,
      onConnection: (app, ip, to) => this.take(app, ip, to),
      onDropped: () => this.meters.count("beemesh_workload_refusals_total", tooMany),
    });
  }

  #onAttach(): void {
    // A machine that was away may have missed to say that something has changed.
    this.#verdicts.forget();
    void this.#routes.refresh();
    this.#reaching.report();
  }

  #onNotice(notice: Notice): void {
    switch (notice.kind) {
      case "hello":
        this.#pod = notice.pod;
        this.#clockOffsetMs = notice.clockOffsetMs;
        this.#http.trace(notice.tracesUrl !== "");
        this.#spans.turn(notice.tracesUrl !== "");
        return;
      case "rerouted":
        this.#routes.change(notice.route);
        this.#balanced.change(notice.route);
        return;
      case "incoming":
        this.#handover.receive();
        return;
      case "forget":
        if (notice.what === "verdicts") this.#verdicts.forget();
        else this.#names.forget();
        return;
      case "collect":
        this.#channel.tell({ kind: "metrics", id: notice.id, text: this.#metricsText() });
        return;
      case "vouch":
        this.#vouch(notice.id, notice.claim);
        return;
      case "replicas":
        this.#watching.regard(this.#pod?.uid ?? "", notice.workload, notice.replicas);
    }
  }

  /** Signs how this workload can be reached: with its own uid, and in no other form. */
  #vouch(id: number, claim: PeerRefClaim): void {
    const { credentials } = this.#identity;
    if (this.#pod === undefined || credentials === undefined) return;
    const { certificate } = credentials;
    const signature = credentials.sign(peerRefText({ uid: this.#pod.uid, ...claim }));
    this.#channel.tell({ kind: "vouched", id, signature, certificate });
  }

  #metricsText(): string {
    return pageOf(this.meters.text() + this.#http.meter.text());
  }

  #watch(): void {
    const { meters } = this;
    const carriers = "beemesh_workload_carriers";
    meters.gauge(carriers, { direction: "out" }, () => this.#pool.size);
    meters.gauge(carriers, { direction: "in" }, () => this.#inbound.size);
    meters.gauge("beemesh_workload_flows", {}, () => this.#datagrams.size);
    meters.gauge("beemesh_workload_routes", {}, () => this.#routes.size);
    meters.gauge("beemesh_workload_certificate_expiry_seconds", {}, () =>
      Math.round(this.#identity.remainingMs / 1000),
    );
    meters.gauge("beemesh_workload_spans_dropped_total", {}, () => this.#http.spans.dropped);
    meters.gauge("beemesh_workload_memory_bytes", {}, () => process.memoryUsage.rss());
  }
}

const tooMany = { direction: "out", cause: "limit" };

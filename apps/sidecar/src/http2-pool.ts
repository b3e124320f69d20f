import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import type { RawFields } from "@beemesh/proxy";
import type { Endpoint } from "@beemesh/workload";
import { Carrier } from "./carrier.ts";
import { CarrierDuplex } from "./carrier-duplex.ts";
import type { Opener } from "./http-pool.ts";
import { clientLimits, connectionWindowBytes, type Http2, streamsMax } from "./http2-limits.ts";
import { openMsMax } from "./limits.ts";
import type { Pool } from "./pool.ts";

/** Connections to one program: each takes as many requests at once as the program says. */
const sessionsEachMax = 8;

/** A connection that was unused for so long is closed, as an idle carrier is. */
const idleMsMax = 60_000;
const sweepMs = 10_000;

/** Not a stream's number: it lies below that of every stream. */
const noGoAway = Number.POSITIVE_INFINITY;

/** A connection to a program, for many requests at once. */
export class Http2Upstream {
  readonly #session: ClientHttp2Session;
  readonly #duplex: CarrierDuplex;
  readonly #timer: NodeJS.Timeout;
  #lastStream = noGoAway;
  #streams = 0;
  /** When its last request ended, in milliseconds of the monotonic clock. */
  usedAt: number = performance.now();

  constructor(http2: Http2, duplex: CarrierDuplex, onClose: (upstream: Http2Upstream) => void) {
    this.#duplex = duplex;
    const session = http2.connect("http://pod", {
      ...clientLimits,
      createConnection: () => duplex,
    });
    this.#session = session;
    this.#timer = setTimeout(() => this.destroy(), openMsMax);
    session.on("connect", () => session.setLocalWindowSize(connectionWindowBytes));
    session.on("goaway", (_code: number, lastStream: number) => {
      this.#lastStream = lastStream;
    });
    session.on("error", () => session.destroy());
    session.on("close", () => {
      clearTimeout(this.#timer);
      duplex.destroy();
      onClose(this);
    });
    duplex.on("accepted", () => clearTimeout(this.#timer));
  }

  get streams(): number {
    return this.#streams;
  }

  /** Whether it takes requests at all. */
  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed && this.#lastStream === noGoAway;
  }

  /** Whether it takes another one now. */
  get hasRoom(): boolean {
    const { maxConcurrentStreams = streamsMax } = this.#session.remoteSettings ?? {};
    return this.isOpen && this.#streams < Math.min(maxConcurrentStreams, streamsMax);
  }

  /** Whether nothing that was written has reached the program. */
  get isRefused(): boolean {
    return this.#duplex.isRefused;
  }

  get isLost(): boolean {
    return this.#duplex.destroyed || this.#session.destroyed;
  }

  /** Whether the program has said that it does not look at this stream. */
  isUnseen({ id = 0 }: ClientHttp2Stream): boolean {
    return id > this.#lastStream;
  }

  /** @throws What Node says if the fields are such that it does not send them. */
  request(fields: RawFields, isEnd: boolean): ClientHttp2Stream {
    const stream = this.#session.request([...fields], {
      endStream: isEnd,
      waitForTrailers: !isEnd,
    });
    this.#streams += 1;
    stream.once("close", () => {
      this.#streams -= 1;
      this.usedAt = performance.now();
    });
    return stream;
  }

  /** Takes no more requests, and goes when those under way have ended. */
  close(): void {
    this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }
}

/** Undefined if the endpoint cannot be reached; full if the breaker does not allow another. */
type Made = Http2Upstream | "full" | undefined;

/** Connections of HTTP/2 to programs of other pods, shared by all requests of this one. */
export class Http2Pool {
  readonly #http2: Http2;
  readonly #carriers: Pick<Pool, "take">;
  readonly #upstreams = new Map<string, Set<Http2Upstream>>();
  readonly #making = new Map<string, Promise<Made>>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(http2: Http2, carriers: Pick<Pool, "take">) {
    this.#http2 = http2;
    this.#carriers = carriers;
  }

  /** The connection with the fewest requests; undefined if one must be made for another. */
  ready({ uid, port }: Endpoint): Http2Upstream | undefined {
    const own = [...(this.#upstreams.get(`${uid} ${port}`) ?? [])].filter(({ isOpen }) => isOpen);
    const roomy = own.filter(({ hasRoom }) => hasRoom);
    const candidates = roomy.length === 0 && own.length >= sessionsEachMax ? own : roomy;
    return candidates.toSorted((a, b) => a.streams - b.streams)[0];
  }

  /** A new connection; those who want one at the same time get the same. */
  take(endpoint: Endpoint, from: Opener): Promise<Made> {
    const key = `${endpoint.uid} ${endpoint.port}`;
    const known = this.#making.get(key);
    if (known !== undefined) return known;
    const making = this.#make(key, endpoint, from).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const upstream of [...this.#upstreams.values()].flatMap((own) => [...own])) {
      upstream.destroy();
    }
  }

  async #make(key: string, endpoint: Endpoint, { balancer, service }: Opener): Promise<Made> {
    const { uid, port } = endpoint;
    if (!balancer.mayConnect(uid)) return "full";
    balancer.connecting(uid);
    const carrier = await this.#carriers.take(endpoint);
    const isOpen = carrier instanceof Carrier && carrier.isIdle;
    balancer.connected(uid, isOpen);
    // This sidecar has as many carriers to the pod as it may: no fault of the pod either.
    if ("cause" in carrier && carrier.cause === "limit") return "full";
    if (!isOpen) return undefined;
    const opening = { protocol: "tcp", port, service, traceparent: "" } as const;
    const upstream = new Http2Upstream(
      this.#http2,
      new CarrierDuplex(carrier, opening),
      (closed) => {
        balancer.disconnected(uid);
        this.#forget(key, closed);
      },
    );
    const own = this.#upstreams.get(key) ?? new Set();
    this.#upstreams.set(key, own.add(upstream));
    this.#sweep ??= setInterval(() => this.#closeOld(), sweepMs).unref();
    return upstream;
  }

  #forget(key: string, upstream: Http2Upstream): void {
    const own = this.#upstreams.get(key);
    own?.delete(upstream);
    if (own?.size === 0) this.#upstreams.delete(key);
  }

  #closeOld(): void {
    const before = performance.now() - idleMsMax;
    for (const upstream of [...this.#upstreams.values()].flatMap((own) => [...own])) {
      if (upstream.streams === 0 && upstream.usedAt < before) upstream.close();
    }
  }
}

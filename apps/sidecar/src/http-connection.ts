import { instantAt, type Now, unreachable } from "@beemesh/base";
import type { PlainStream } from "@beemesh/kernel";
import {
  type ClientEffect,
  type ExchangeEvent,
  type ExchangeNote,
  HttpExchange,
  type Meter,
  type Series,
  type SpanQueue,
  type UpstreamEffect,
} from "@beemesh/proxy";
import type { BalancedRoute } from "./balanced-route.ts";
import type { HttpPool, Opened } from "./http-pool.ts";
import type { HttpUpstream, UpstreamUser } from "./http-upstream.ts";

export interface HttpConnectionOptions {
  readonly pool: HttpPool;
  readonly route: BalancedRoute;
  /** `namespace/name:port`, for the other sidecar and for the metrics. */
  readonly service: string;
  readonly meter: Meter;
  readonly spans: SpanQueue;
  readonly traceShare: number | undefined;
  readonly nowMs: () => number;
}

/** Milliseconds for which a client that was told the end may go on to send: RFC 9112, 9.6. */
const lingerMs = 2000;

/** For choices and for the ids of traces: nobody gains by guessing them. */
const random = { below: (bound: number): number => Math.floor(Math.random() * bound) };

/** A program's connection that speaks HTTP/1.1: the exchange, and the sockets it speaks of. */
export class HttpConnection implements UpstreamUser {
  readonly #app: PlainStream;
  readonly #options: HttpConnectionOptions;
  readonly #exchange: HttpExchange;
  readonly #received: Series;
  readonly #sent: Series;
  /** Events that came while effects were being done. */
  readonly #events: ExchangeEvent[] = [];
  #isRunning = false;
  /** The connection that the exchange has asked for; 0 if it has none. */
  #id = 0;
  #upstream: HttpUpstream | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param first - What was read of the socket already, which is paused. */
  constructor(app: PlainStream, first: Uint8Array, options: HttpConnectionOptions) {
    this.#app = app;
    this.#options = options;
    const { meter, route, service, traceShare } = options;
    const { balancer, budget } = route;
    this.#exchange = new HttpExchange(
      {
        balancer,
        budget,
        random,
        traceShare,
        // A route may change while the connection is open.
        get timeouts() {
          return route.timeouts;
        },
        get triesMax() {
          return route.triesMax;
        },
      },
      this.#now(),
    );
    this.#received = meter.bytes("out", "received", service);
    this.#sent = meter.bytes("out", "sent", service);
    meter.connectionOpened("out", service, "http1");
    app.read({
      onData: (bytes) => this.#onBytes(Buffer.from(bytes)),
      onEnd: () => this.#run({ kind: "clientEnd" }),
      onDrain: () => this.#run({ kind: "clientDrained" }),
      onClose: () => this.#onClose(),
    });
    this.#onBytes(first);
    if (app.hasEnded) this.#run({ kind: "clientEnd" });
  }

  onData(bytes: Uint8Array): void {
    this.#run({ kind: "upstream", id: this.#id, bytes: Buffer.from(bytes) });
  }

  onEnd(): void {
    this.#run({ kind: "upstreamEnd", id: this.#id });
  }

  onGone(): void {
    this.#run({ kind: "upstreamGone", id: this.#id });
  }

  onRefused(): void {
    this.#run({ kind: "openFailed", id: this.#id });
  }

  onDrain(): void {
    this.#run({ kind: "upstreamDrained", id: this.#id });
  }

  #onBytes(bytes: Uint8Array): void {
    this.#received.add(bytes.length);
    this.#run({ kind: "client", bytes });
  }

  #onClose(): void {
    this.#options.meter.connectionClosed("out");
    this.#run({ kind: "clientGone" });
    clearTimeout(this.#timer);
  }

  #now(): Now {
    return { at: instantAt(performance.now()), wallMs: this.#options.nowMs() };
  }

  /** One event after the other: doing an effect may bring the next event at once. */
  #run(event: ExchangeEvent): void {
    this.#events.push(event);
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      for (const effect of this.#exchange.step(next, this.#now())) {
        if ("id" in effect) this.#performUpstream(effect);
        else this.#performClient(effect);
      }
    }
    this.#isRunning = false;
  }

  #performUpstream(effect: UpstreamEffect): void {
    const upstream = this.#upstream;
    switch (effect.kind) {
      case "open":
        this.#id = effect.id;
        this.#open(effect.id, effect.uid, effect.traceparent);
        break;
      case "toUpstream":
        this.#toUpstream(effect.id, effect.bytes);
        break;
      case "endUpstream":
        upstream?.end();
        break;
      case "pauseUpstream":
        upstream?.pause();
        break;
      case "resumeUpstream":
        upstream?.resume();
        break;
      case "release":
      case "close":
        this.#letGo(effect.kind === "release");
        break;
      default:
        unreachable(effect);
    }
  }

  #toUpstream(id: number, bytes: Uint8Array): void {
    const isReady = this.#upstream?.write(bytes) ?? true;
    if (!isReady) this.#events.push({ kind: "upstreamFull", id });
  }

  #letGo(isReusable: boolean): void {
    const upstream = this.#upstream;
    this.#id = 0;
    this.#upstream = undefined;
    if (upstream === undefined) return;
    if (isReusable) this.#options.pool.put(upstream);
    else upstream.close();
  }

  #performClient(effect: ClientEffect): void {
    const app = this.#app;
    switch (effect.kind) {
      case "toClient":
        this.#sent.add(effect.bytes.length);
        if (!app.write(effect.bytes)) this.#events.push({ kind: "clientFull" });
        break;
      case "endClient":
        app.end();
        break;
      case "resetClient":
        app.reset();
        break;
      case "over":
        this.#linger();
        break;
      case "pauseClient":
        app.pause();
        break;
      case "resumeClient":
        app.resume();
        break;
      case "wake":
        this.#wake(effect.at - performance.now(), () => this.#run({ kind: "tick" }));
        break;
      case "note":
        this.#note(effect.note);
        break;
      default:
        unreachable(effect);
    }
  }

  /** What comes now is read and dropped: an unread byte would make the end a reset. */
  #linger(): void {
    const app = this.#app;
    if (!app.isOpen) return;
    this.#wake(lingerMs, () => app.destroy());
    app.resume();
  }

  #wake(inMs: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, Math.max(1, Math.ceil(inMs)));
  }

  #note(note: ExchangeNote): void {
    const { meter, service, spans } = this.#options;
    switch (note.kind) {
      case "done":
        meter.request({
          direction: "out",
          target: service,
          protocol: "http1",
          code: note.record.code,
          durationMs: note.record.durationMs,
        });
        break;
      case "retry":
        meter.retried(service);
        break;
      case "ejected":
        meter.ejected(service);
        break;
      case "span":
        spans.push(note.span);
        break;
      default:
        unreachable(note);
    }
  }

  #open(id: number, uid: string, traceparent: string): void {
    const { pool, route } = this.#options;
    const endpoint = route.endpoint(uid);
    const idle = endpoint && pool.idle(endpoint);
    if (endpoint === undefined) this.#events.push({ kind: "openFailed", id });
    else if (idle !== undefined) this.#use(id, idle);
    else {
      const { service } = this.#options;
      const { balancer } = route;
      void pool
        .open(endpoint, { service, balancer }, traceparent)
        .then((made) => this.#onOpened(id, made));
    }
  }

  #onOpened(id: number, made: Opened): void {
    if (made === "full") this.#run({ kind: "openFailed", id, why: made });
    else if (made === undefined) this.#run({ kind: "openFailed", id });
    else if (this.#id === id) this.#use(id, made);
    else this.#options.pool.put(made);
  }

  #use(id: number, upstream: HttpUpstream): void {
    this.#upstream = upstream;
    upstream.give(this);
    this.#run({ kind: "opened", id });
  }
}

import type { CarrierRefusal, Opening } from "@beemesh/carrier";
import type { PlainStream } from "@beemesh/kernel";
import type { Endpoint, Route } from "@beemesh/workload";
import type { BalancedRoutes, EndpointRoute, EndpointUse, ServiceRoute } from "./balanced-route.ts";
import { Carrier } from "./carrier.ts";
import type { Dialer } from "./dialer.ts";
import { type HttpOutbound, mayBeHttp } from "./http-outbound.ts";
import { join } from "./join.ts";
import { openMsMax } from "./limits.ts";
import type { Counter, Durations, Meters } from "./metrics.ts";
import type { Pool } from "./pool.ts";
import type { Refusals } from "./refusals.ts";
import type { Routes } from "./routes.ts";
import { type FirstWord, firstWordMsMax, firstWordOf } from "./sniffer.ts";
import { Splice, type SpliceObserver } from "./splice.ts";

export interface OutboundOptions {
  readonly routes: Routes;
  readonly pool: Pool;
  readonly dialer: Dialer;
  readonly balanced: BalancedRoutes;
  readonly http: HttpOutbound;
  readonly meters: Meters;
  readonly refusals: Refusals;
  /** This workload's SPIFFE ID. */
  readonly name: () => string;
}

/** Endpoints that are tried for one connection. */
const attemptsMax = 3;

/** Where an application wanted to go. */
interface Target {
  readonly ip: string;
  readonly port: number;
}

/** What takes a connection: an idle carrier to an endpoint, and what the balancer is told of it. */
interface Chosen {
  readonly endpoint: Endpoint;
  readonly carrier: Carrier;
  readonly use: EndpointUse;
}

/** Takes the TCP connections that the pod's programs make, wherever to. */
export class Outbound {
  readonly #options: OutboundOptions;
  readonly #bytesIn: Counter;
  readonly #bytesOut: Counter;
  readonly #openSeconds: Durations;

  constructor(options: OutboundOptions) {
    this.#options = options;
    const { meters } = options;
    this.#bytesIn = meters.counter("beemesh_workload_bytes_total", { direction: "in" });
    this.#bytesOut = meters.counter("beemesh_workload_bytes_total", { direction: "out" });
    this.#openSeconds = meters.durations("beemesh_workload_open_seconds");
  }

  /** Takes a paused socket of an application that wanted to reach `ip` and `port`. */
  take(app: PlainStream, ip: string, port: number): void {
    const route = this.#options.routes.known("tcp", ip, port);
    const isPlain = route !== undefined && isToEndpoint(route) && !mayBeHttp(route);
    if (isPlain && this.#connectNow(app, route)) return;
    void this.#connect(app, { ip, port });
  }

  /** The short way, which most connections go: the route is known and a carrier waits. */
  #connectNow(app: PlainStream, route: EndpointRoute): boolean {
    const { balanced, pool } = this.#options;
    const known = balanced.find(route);
    const endpoint = known.pick();
    const carrier = typeof endpoint === "string" ? undefined : pool.idle(endpoint);
    if (typeof endpoint === "string" || carrier === undefined) return false;
    const use = known.use(endpoint);
    return this.#splice(app, route, { endpoint, carrier, use });
  }

  async #connect(app: PlainStream, target: Target): Promise<void> {
    const route = await this.#options.routes.find("tcp", target.ip, target.port);
    if (!app.isOpen) return;
    if (route === undefined) {
      this.#refuse(app, target, { cause: "unknown", reason: "the machine does not answer" });
    } else if (route.kind === "refused") {
      this.#refuse(app, target, { cause: "policy", reason: route.reason });
    } else if (route.kind === "external") {
      await this.#connectExternal(app, target, route);
    } else if (mayBeHttp(route)) {
      const word = await firstWordOf(app, patienceMs(route));
      if (!app.isOpen) return;
      const { http } = this.#options;
      if (word.protocol === "http1") http.take(app, route, word.bytes);
      else if (word.protocol === "http2") await http.takeHttp2(app, route, word.bytes);
      else await this.#connectEndpoint(app, target, route, word);
    } else {
      await this.#connectEndpoint(app, target, route, unread);
    }
  }

  /** @param first - What was read of the socket already. */
  async #connectEndpoint(
    app: PlainStream,
    target: Target,
    route: EndpointRoute,
    first: FirstWord,
  ): Promise<void> {
    const { balanced, pool } = this.#options;
    const known = balanced.find(route);
    const tried: string[] = [];
    let last = empty;
    while (tried.length < attemptsMax && app.isOpen) {
      const endpoint = known.pick(tried);
      if (endpoint === "full") last = full;
      if (typeof endpoint === "string") break;
      tried.push(endpoint.uid);
      const use = known.use(endpoint);
      const carrier = await pool.take(endpoint);
      if (!(carrier instanceof Carrier)) {
        // What this sidecar lacks or limits itself is nobody's fault.
        if (carrier.cause === "identity" || carrier.cause === "limit") use.over();
        else use.failed();
        last = carrier;
      } else if (this.#splice(app, route, { endpoint, carrier, use })) {
        this.#sendFirst(app, carrier, first.bytes);
        return;
      }
    }
    if (app.isOpen) this.#refuse(app, target, last);
  }

  /** @returns False if the carrier is of no use, and another should be tried. */
  #splice(app: PlainStream, route: EndpointRoute, chosen: Chosen): boolean {
    const { endpoint, carrier, use } = chosen;
    const { pool } = this.#options;
    if (!carrier.isIdle || !app.isOpen) {
      use.over();
      if (carrier.isIdle) pool.onIdle(carrier);
      return !app.isOpen;
    }
    const observer = this.#observerOf(route, chosen, () => splice.abort());
    const splice = new Splice(app, carrier, observer);
    const opening: Opening = {
      protocol: "tcp",
      port: endpoint.port,
      service: serviceOf(route),
      traceparent: "",
    };
    carrier.open(opening, splice);
    void pool.warm(endpoint);
    return true;
  }

  /** What was read before there was a carrier, and the end if that was all. */
  #sendFirst(app: PlainStream, carrier: Carrier, first: Uint8Array): void {
    if (!app.isOpen) return;
    this.#bytesOut.value += first.length;
    if (first.length > 0 && !carrier.send(first)) app.pause();
    if (app.hasEnded) carrier.end();
  }

  #observerOf(
    route: EndpointRoute,
    { endpoint, use }: Chosen,
    onSilent: () => void,
  ): SpliceObserver {
    const { meters } = this.#options;
    const began = performance.now();
    const timer = setTimeout(() => {
      use.failed();
      onSilent();
    }, openMsMax);
    let isCounted = false;
    const count = (result: string): void => {
      isCounted = true;
      clearTimeout(timer);
      meters.count("beemesh_workload_connections_total", { direction: "out", result });
    };
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      onAccepted: () => {
        use.accepted();
        this.#openSeconds.observe((performance.now() - began) / 1000);
        count("accepted");
        meters.count("beemesh_workload_peer_connections_total", {
          direction: "out",
          peer: serviceOf(route) || `${endpoint.namespace}/${endpoint.serviceAccount}`,
        });
      },
      onRefused: ({ cause }) => {
        // Whoever may not enter says nothing of how the endpoint does.
        if (cause === "closed") use.failed();
        count(cause);
      },
      onClose: () => {
        // The program gave up first, or the other sidecar hung up without a word.
        if (!isCounted) count("lost");
        use.over();
      },
    };
  }

  async #connectExternal(
    app: PlainStream,
    target: Target,
    route: Route & { readonly kind: "external" },
  ): Promise<void> {
    const socket = await this.#options.dialer.dialExternal(route.host, route.port);
    if ("cause" in socket) {
      this.#refuse(app, target, { cause: "external", reason: socket.reason });
      return;
    }
    this.#options.meters.count("beemesh_workload_connections_total", {
      direction: "out",
      result: "external",
    });
    if (!app.isOpen) socket.destroy();
    else join(app, socket);
  }

  #refuse(app: PlainStream, { ip, port }: Target, { cause, reason }: CarrierRefusal): void {
    const { name, refusals, meters } = this.#options;
    app.reset();
    meters.count("beemesh_workload_connections_total", { direction: "out", result: cause });
    refusals.report({
      direction: "out",
      source: name(),
      target: ip,
      protocol: "tcp",
      port,
      cause,
      reason,
    });
  }
}

const unread: FirstWord = { protocol: "raw", bytes: new Uint8Array(0) };
const empty: CarrierRefusal = { cause: "empty", reason: "the service has no endpoints" };
const full: CarrierRefusal = { cause: "limit", reason: "every endpoint has all that it may have" };

/** A Service that is named HTTP has clients that speak first, sooner or later. */
function patienceMs(route: ServiceRoute): number | undefined {
  return route.appProtocol === "" ? firstWordMsMax : undefined;
}

function isToEndpoint(route: Route): route is EndpointRoute {
  return route.kind === "service" || route.kind === "pod";
}

function serviceOf(route: EndpointRoute): string {
  return route.kind === "pod" ? "" : `${route.namespace}/${route.name}:${route.port}`;
}

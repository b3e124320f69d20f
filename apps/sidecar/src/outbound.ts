import type { CarrierRefusal, Opening } from "@beemesh/carrier";
import type { PlainStream } from "@beemesh/kernel";
import type { Endpoint, Route } from "@beemesh/workload";
import type { Balancer } from "./balancer.ts";
import { Carrier } from "./carrier.ts";
import type { Dialer } from "./dialer.ts";
import { type HttpOutbound, mayBeHttp } from "./http-outbound.ts";
import type { ServiceRoute } from "./http-routes.ts";
import { Http2Tap, isHttp2Route } from "./http2-tap.ts";
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
  readonly balancer: Balancer;
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

type EndpointRoute = Route & { readonly kind: "service" | "pod" };

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
    const { balancer, pool } = this.#options;
    const endpoint = balancer.pick(endpointsOf(route), none);
    const carrier = endpoint && pool.idle(endpoint);
    if (endpoint === undefined || carrier === undefined) return false;
    return this.#splice(app, route, { endpoint, carrier }, firstOf(route));
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
      if (word.protocol === "http1") this.#options.http.take(app, route, word.bytes);
      else await this.#connectEndpoint(app, target, route, word);
    } else {
      await this.#connectEndpoint(app, target, route, firstOf(route));
    }
  }

  /** @param first - What was read of the socket already. */
  async #connectEndpoint(
    app: PlainStream,
    target: Target,
    route: EndpointRoute,
    first: FirstWord,
  ): Promise<void> {
    const { balancer, pool } = this.#options;
    const tried = new Set<string>();
    let last: CarrierRefusal = { cause: "empty", reason: "the service has no endpoints" };
    while (tried.size < attemptsMax && app.isOpen) {
      const endpoint = balancer.pick(endpointsOf(route), tried);
      if (endpoint === undefined) break;
      tried.add(endpoint.uid);
      const carrier = await pool.take(endpoint);
      if (carrier instanceof Carrier) {
        if (this.#splice(app, route, { endpoint, carrier }, first)) {
          this.#sendFirst(app, carrier, first.bytes);
          return;
        }
      } else {
        balancer.shun(endpoint);
        last = carrier;
      }
    }
    if (app.isOpen) this.#refuse(app, target, last);
  }

  /** @returns False if the carrier is of no use, and another should be tried. */
  #splice(
    app: PlainStream,
    route: EndpointRoute,
    { endpoint, carrier }: { readonly endpoint: Endpoint; readonly carrier: Carrier },
    first: FirstWord,
  ): boolean {
    const { balancer, pool } = this.#options;
    if (!carrier.isIdle) return false;
    if (!app.isOpen) {
      pool.onIdle(carrier);
      return true;
    }
    const observer = this.#observerOf(route, endpoint, () => splice.abort());
    const tap = first.protocol === "http2" ? this.#tap(route, first) : undefined;
    const splice = new Splice(app, carrier, observer, tap);
    const opening: Opening = {
      protocol: "tcp",
      port: endpoint.port,
      service: serviceOf(route),
      traceparent: "",
    };
    carrier.open(opening, splice);
    balancer.begin(endpoint);
    void pool.warm(endpoint);
    return true;
  }

  #tap(route: EndpointRoute, { bytes: first }: FirstWord): Http2Tap {
    const { meter } = this.#options.http;
    return new Http2Tap({ meter, target: serviceOf(route), first });
  }

  /** What was read before there was a carrier, and the end if that was all. */
  #sendFirst(app: PlainStream, carrier: Carrier, first: Uint8Array): void {
    if (!app.isOpen) return;
    this.#bytesOut.value += first.length;
    if (first.length > 0 && !carrier.send(first)) app.pause();
    if (app.hasEnded) carrier.end();
  }

  #observerOf(route: EndpointRoute, endpoint: Endpoint, onSilent: () => void): SpliceObserver {
    const { balancer, meters } = this.#options;
    const began = performance.now();
    const timer = setTimeout(onSilent, openMsMax);
    const count = (result: string): void => {
      clearTimeout(timer);
      meters.count("beemesh_workload_connections_total", { direction: "out", result });
    };
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      onAccepted: () => {
        this.#openSeconds.observe((performance.now() - began) / 1000);
        count("accepted");
        meters.count("beemesh_workload_peer_connections_total", {
          direction: "out",
          peer: serviceOf(route) || `${endpoint.namespace}/${endpoint.serviceAccount}`,
        });
      },
      onRefused: ({ cause }) => count(cause),
      onClose: () => {
        clearTimeout(timer);
        balancer.end(endpoint);
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

const none: ReadonlySet<string> = new Set();
const nothing = new Uint8Array(0);
const unread: FirstWord = { protocol: "raw", bytes: nothing };
const unreadHttp2: FirstWord = { protocol: "http2", bytes: nothing };

/** What a program says first, where nobody looks: what its Service says that it speaks. */
function firstOf(route: Route): FirstWord {
  return isHttp2Route(route) ? unreadHttp2 : unread;
}

/** A Service that is named HTTP has clients that speak first, sooner or later. */
function patienceMs(route: ServiceRoute): number | undefined {
  return route.appProtocol === "" ? firstWordMsMax : undefined;
}

function isToEndpoint(route: Route): route is EndpointRoute {
  return route.kind === "service" || route.kind === "pod";
}

function endpointsOf(route: EndpointRoute): readonly Endpoint[] {
  return route.kind === "pod" ? [route.endpoint] : route.endpoints;
}

function serviceOf(route: EndpointRoute): string {
  return route.kind === "pod" ? "" : `${route.namespace}/${route.name}:${route.port}`;
}

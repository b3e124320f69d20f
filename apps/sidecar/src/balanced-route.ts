import { type Instant, instantAt } from "@beemesh/base";
import {
  Balancer,
  defaultTimeouts,
  type ExchangeTimeouts,
  RetryBudget,
  triesMax,
} from "@beemesh/proxy";
import type { Endpoint, Route, RouteSettings } from "@beemesh/workload";

/** Routes of which something is remembered; a pod calls a dozen services, and some pods. */
const routesMax = 1024;

export type ServiceRoute = Route & { readonly kind: "service" };
export type EndpointRoute = Route & { readonly kind: "service" | "pod" };

/** Who takes a connection, or why nobody does. */
export type Pick = Endpoint | "empty" | "full";

/** For choices: nobody gains by guessing them. */
const random = { below: (bound: number): number => Math.floor(Math.random() * bound) };

/** What is known of one route: how its endpoints do, and how much may be tried again. */
export class BalancedRoute {
  readonly balancer: Balancer = new Balancer();
  readonly budget: RetryBudget = new RetryBudget();
  #route: Route | undefined;
  #settings: RouteSettings = {};
  #timeouts = defaultTimeouts;
  #endpoints: ReadonlyMap<string, Endpoint> = new Map();

  /** As long as the route's settings say, or as is usual. */
  get timeouts(): ExchangeTimeouts {
    return this.#timeouts;
  }

  /** Tries of one request, the first one too. */
  get triesMax(): number {
    return this.#settings.retries === undefined ? triesMax : this.#settings.retries + 1;
  }

  /** What the route says of its requests itself. */
  get settings(): RouteSettings {
    return this.#settings;
  }

  endpoint(uid: string): Endpoint | undefined {
    return this.#endpoints.get(uid);
  }

  /** The route as it is now; what leads to no endpoint has none. */
  change(route: Route, now: Instant): void {
    if (this.#route === route) return;
    this.#route = route;
    this.#settings = (route.kind === "service" ? route.settings : undefined) ?? {};
    this.#timeouts = timeoutsOf(this.#settings);
    const endpoints = endpointsOf(route);
    this.#endpoints = new Map(endpoints.map((endpoint) => [endpoint.uid, endpoint]));
    this.balancer.update(endpoints, now);
    this.balancer.stick(this.#settings.affinityMs);
  }

  /** An endpoint for a raw connection or a flow, which was not tried for it yet. */
  pick(tried: readonly string[] = []): Pick {
    const choice = this.balancer.choose(random, nowAt(), tried);
    if (choice.kind === "none") return choice.cause;
    if (tried.includes(choice.uid)) return "empty";
    return this.#endpoints.get(choice.uid) ?? "empty";
  }

  /** A raw connection or a flow goes to an endpoint. */
  use({ uid }: Endpoint): EndpointUse {
    return new EndpointUse(this.balancer, uid);
  }
}

/** One raw connection to an endpoint, for who balances: how it was made, and that it is over. */
export class EndpointUse {
  readonly #balancer: Balancer;
  readonly #uid: string;
  readonly #since = nowAt();
  #isJudged = false;
  #isOver = false;

  constructor(balancer: Balancer, uid: string) {
    this.#balancer = balancer;
    this.#uid = uid;
    balancer.started(uid);
  }

  /** The program has taken the connection: the time that this took is the endpoint's latency. */
  accepted(): void {
    this.#judge("ok");
  }

  /** There is no connection, and that is the endpoint's fault. */
  failed(): void {
    this.#judge("gateway");
    this.over();
  }

  /** What was neither accepted nor failed says nothing of the endpoint. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#judge("cancelled");
    this.#balancer.ended(this.#uid);
  }

  #judge(outcome: "ok" | "gateway" | "cancelled"): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    const now = nowAt();
    this.#balancer.judged(this.#uid, now, outcome, now - this.#since);
  }
}

/** What is known of all routes that were used; the one that was used last goes last. */
export class BalancedRoutes {
  readonly #routes = new Map<string, BalancedRoute>();

  find(route: EndpointRoute): BalancedRoute {
    const known = this.#routes.get(route.key) ?? new BalancedRoute();
    this.#routes.delete(route.key);
    this.#routes.set(route.key, known);
    if (this.#routes.size > routesMax) this.#forgetOldest();
    known.change(route, nowAt());
    return known;
  }

  /** A route has changed: connections that are open go on with the new one. */
  change(route: Route): void {
    this.#routes.get(route.key)?.change(route, nowAt());
  }

  #forgetOldest(): void {
    for (const oldest of this.#routes.keys()) {
      this.#routes.delete(oldest);
      return;
    }
  }
}

function timeoutsOf({ requestMs, tryMs, idleMs }: RouteSettings): ExchangeTimeouts {
  const { requestMs: usual, idleMs: usualIdle } = defaultTimeouts;
  const all = requestMs ?? usual;
  return { ...defaultTimeouts, requestMs: all, tryMs: tryMs ?? all, idleMs: idleMs ?? usualIdle };
}

function endpointsOf(route: Route): readonly Endpoint[] {
  if (route.kind === "pod") return [route.endpoint];
  return route.kind === "service" ? route.endpoints : [];
}

function nowAt(): Instant {
  return instantAt(performance.now());
}

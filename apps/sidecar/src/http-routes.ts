import { type Instant, instantAt } from "@beemesh/base";
import { Balancer, RetryBudget } from "@beemesh/proxy";
import type { Endpoint, Route } from "@beemesh/workload";

/** Services of which something is remembered; a pod calls a dozen. */
const routesMax = 256;

export type ServiceRoute = Route & { readonly kind: "service" };

/** What is known of one service: how its endpoints do, and how much may be tried again. */
export class HttpRoute {
  readonly balancer: Balancer = new Balancer();
  readonly budget: RetryBudget = new RetryBudget();
  #route: Route | undefined;
  #endpoints: ReadonlyMap<string, Endpoint> = new Map();

  endpoint(uid: string): Endpoint | undefined {
    return this.#endpoints.get(uid);
  }

  /** The route as it is now; what is none to a service has no endpoints. */
  change(route: Route, now: Instant): void {
    if (this.#route === route) return;
    this.#route = route;
    const endpoints = route.kind === "service" ? route.endpoints : [];
    this.#endpoints = new Map(endpoints.map((endpoint) => [endpoint.uid, endpoint]));
    this.balancer.update(endpoints, now);
  }
}

/** What is known of all services that were called. */
export class HttpRoutes {
  readonly #routes = new Map<string, HttpRoute>();

  find(route: ServiceRoute): HttpRoute {
    const known = this.#routes.get(route.key) ?? this.#make(route.key);
    known.change(route, instantAt(performance.now()));
    return known;
  }

  /** A route has changed: connections that are open go on with the new one. */
  change(route: Route): void {
    this.#routes.get(route.key)?.change(route, instantAt(performance.now()));
  }

  #make(key: string): HttpRoute {
    if (this.#routes.size >= routesMax) {
      for (const oldest of this.#routes.keys()) {
        this.#routes.delete(oldest);
        break;
      }
    }
    const made = new HttpRoute();
    this.#routes.set(key, made);
    return made;
  }
}

import { isForeignClass, type KubeObject } from "@beemesh/model";
import {
  type Backend,
  type IngressObject,
  type IngressRef,
  readIngress,
} from "./ingress-object.ts";

/** Where an Ingress sends a request. */
export interface IngressRoute {
  readonly ingress: IngressRef;
  /** Undefined if it is something that is not served here. */
  readonly backend: Backend | undefined;
  readonly redirectsToTls: boolean;
}

/** The Secret that holds a host's certificate. */
export interface CertificateRef {
  readonly ingress: IngressRef;
  readonly secret: string;
}

/** The paths of one host. */
interface HostRoutes {
  readonly exact: Map<string, IngressRoute>;
  /** By path without a slash at its end; empty for all. */
  readonly prefixes: Map<string, IngressRoute>;
  /** Where requests go that none of these is for. */
  fallback: IngressRoute | undefined;
  /** Elements of the longest prefix: more of a request's path need not be looked at. */
  elementsMax: number;
}

/**
 * All Ingresses as one table, in which a request finds its route in a few look-ups however many
 * there are. Hosts: the exact name, then `*.` for one label, then rules without a host. Paths:
 * the longest first, Exact before Prefix. Of two that say the same, the older Ingress wins.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/ingress/
 */
export class IngressTable {
  /** Where requests go of whose host nothing is said; of the oldest Ingress that says so. */
  readonly fallback: IngressRoute | undefined;
  readonly #hosts = new Map<string, HostRoutes>();
  readonly #certificates = new Map<string, CertificateRef>();
  readonly #served: readonly IngressObject[];

  /**
   * @param ingresses - Of all namespaces.
   * @param classes - Every IngressClass: an Ingress of one with another controller is not served.
   */
  constructor(ingresses: readonly KubeObject[], classes: readonly KubeObject[]) {
    const foreign = new Set(classes.filter(isForeignClass).map(({ metadata }) => metadata.name));
    this.#served = ingresses
      .map(readIngress)
      .filter(({ className }) => !foreign.has(className))
      .toSorted((a, b) => (a.age < b.age ? -1 : 1));
    for (const ingress of this.#served) this.#add(ingress);
    const first = this.#served.find(({ fallback }) => fallback !== undefined);
    this.fallback = first && routeOf(first, first.fallback);
  }

  /** The route of a request: of a rule, else of the rest of its host; undefined without both. */
  match(host: string, path: string): IngressRoute | undefined {
    const found = keysOf(host).flatMap((key) => this.#hosts.get(key) ?? []);
    for (const routes of found) {
      const route = findPath(routes, path);
      if (route !== undefined) return route;
    }
    return found.find(({ fallback }) => fallback !== undefined)?.fallback;
  }

  /** Whether a rule names the host, exactly or by a wildcard. */
  claims(host: string): boolean {
    return keysOf(host).some((key) => key !== "" && this.#hosts.has(key));
  }

  /** The certificate of a host; undefined if no Ingress names one. */
  certificateOf(host: string): CertificateRef | undefined {
    for (const key of keysOf(host)) {
      const found = this.#certificates.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Namespaces whose Services are led to, and those whose Secrets are shown. */
  namespaces(): { readonly services: ReadonlySet<string>; readonly secrets: ReadonlySet<string> } {
    const withTls = this.#served.filter(({ tls }) => tls.length > 0);
    return {
      services: new Set(this.#served.map(({ ref }) => ref.namespace)),
      secrets: new Set(withTls.map(({ ref }) => ref.namespace)),
    };
  }

  #add(ingress: IngressObject): void {
    for (const { host, path, isExact, backend } of ingress.rules) {
      const routes = this.#routesOf(host.toLowerCase());
      if (host !== "" && ingress.fallback !== undefined) {
        routes.fallback ??= routeOf(ingress, ingress.fallback);
      }
      const route = routeOf(ingress, backend);
      const key = isExact ? path : path.replace(/\/+$/u, "");
      const paths = isExact ? routes.exact : routes.prefixes;
      if (!paths.has(key)) paths.set(key, route);
      if (!isExact) routes.elementsMax = Math.max(routes.elementsMax, key.split("/").length - 1);
    }
    for (const { hosts, secret } of ingress.tls) {
      for (const host of hosts) {
        const key = host.toLowerCase();
        if (this.#certificates.has(key)) continue;
        this.#certificates.set(key, { ingress: ingress.ref, secret });
      }
    }
  }

  #routesOf(host: string): HostRoutes {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const routes: HostRoutes = {
      exact: new Map(),
      prefixes: new Map(),
      fallback: undefined,
      elementsMax: 0,
    };
    this.#hosts.set(host, routes);
    return routes;
  }
}

function routeOf(
  { ref, redirectsToTls }: IngressObject,
  backend: Backend | undefined,
): IngressRoute {
  return { ingress: ref, backend, redirectsToTls };
}

/** The names under which rules for a host stand, the closest first. */
function keysOf(host: string): readonly string[] {
  const name = host.toLowerCase().replace(/\.$/u, "");
  const cut = name.indexOf(".");
  return cut > 0 ? [name, `*${name.slice(cut)}`, ""] : [name, ""];
}

function findPath(routes: HostRoutes, path: string): IngressRoute | undefined {
  const exact = routes.exact.get(path);
  if (exact !== undefined) return exact;
  for (const prefix of prefixesOf(path, routes.elementsMax)) {
    const route = routes.prefixes.get(prefix);
    if (route !== undefined) return route;
  }
  return undefined;
}

/** `/a/b/c` of two elements at most: `/a/b`, `/a`, and nothing; the longest first. */
function prefixesOf(path: string, elementsMax: number): readonly string[] {
  const prefixes: string[] = [""];
  for (let at = 0; prefixes.length <= elementsMax && at < path.length; ) {
    const next = path.indexOf("/", at + 1);
    at = next < 0 ? path.length : next;
    prefixes.unshift(path.slice(0, at));
  }
  return prefixes;
}

/**
 * The path of a target as its elements stand when `.` and `..` are done with: what a rule sees.
 * So nobody gets past a rule for `/admin` by asking for `/shop/../admin`.
 */
export function plainPath(path: string): string {
  if (!/\/(?:\.|%2e)/iu.test(path)) return path;
  try {
    return new URL(`http://host${path}`).pathname;
  } catch {
    return path;
  }
}

import { hashOf } from "@beemesh/base";
import type { Change } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import type { PodFacts, Route, TransportProtocol } from "@beemesh/workload";
import type { Directory } from "./directory.ts";
import { ipKey } from "./ip-key.ts";
import { MultiMap } from "./multi-map.ts";

/** Routes of one sidecar that are followed; of more the longest unasked go. */
export const routesMax = 512;

/** A route that is another one now. */
export interface Rerouted {
  /** Of the sidecar's pod. */
  readonly uid: string;
  readonly route: Route;
}

interface Subscription {
  readonly pod: PodFacts;
  readonly protocol: TransportProtocol;
  readonly ip: string;
  readonly port: number;
  /** Of the route that was told last. */
  fingerprint: number;
}

/**
 * Which sidecar was told which route, so that it is told another one when that changes, and only
 * then. Some 300 bytes for each, whatever stands behind the route.
 */
export class Subscriptions {
  readonly #directory: Directory;
  /** By pod, then by the route's key, the longest unasked first. */
  readonly #byPod = new Map<string, Map<string, Subscription>>();
  readonly #byIp = new MultiMap<string, Subscription>();

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Routes that are followed, of all sidecars. */
  get size(): number {
    let size = 0;
    for (const own of this.#byPod.values()) size += own.size;
    return size;
  }

  /** The route, which is followed from now on. */
  route(pod: PodFacts, protocol: TransportProtocol, ip: string, port: number): Route {
    const route = this.#directory.route(pod, protocol, ip, port);
    const own = this.#byPod.get(pod.uid) ?? new Map<string, Subscription>();
    this.#byPod.set(pod.uid, own);
    this.#drop(own, route.key);
    const subscription: Subscription = {
      pod,
      protocol,
      ip,
      port,
      fingerprint: fingerprintOf(route),
    };
    own.set(route.key, subscription);
    this.#byIp.add(ipKey(ip) ?? "", subscription);
    const [oldest] = own.keys();
    if (own.size > routesMax && oldest !== undefined) this.#drop(own, oldest);
    return route;
  }

  /** A sidecar is gone, or has forgotten all: nothing is followed for it. */
  forget(uid: string): void {
    const own = this.#byPod.get(uid);
    if (own === undefined) return;
    for (const key of own.keys()) this.#drop(own, key);
    this.#byPod.delete(uid);
  }

  /**
   * The routes that a change has made others, in the order in which they were asked for. To be
   * asked after the directory has heard of the change.
   */
  step(change: Change): readonly Rerouted[] {
    return [...this.#concerned(change)].flatMap((subscription): Rerouted[] => {
      const { pod, protocol, ip, port } = subscription;
      const route = this.#directory.route(pod, protocol, ip, port);
      const fingerprint = fingerprintOf(route);
      if (fingerprint === subscription.fingerprint) return [];
      subscription.fingerprint = fingerprint;
      return [{ uid: pod.uid, route }];
    });
  }

  #concerned(change: Change): ReadonlySet<Subscription> {
    const { routes } = this.#directory.affectedBy(change);
    if (routes === "none") return new Set();
    if (routes === "all") return new Set(this.#of(() => true));
    const { ips, namespaces, askers } = routes;
    return new Set([
      ...ips.flatMap((ip) => [...this.#byIp.get(ipKey(ip) ?? "")]),
      ...askers.flatMap((uid) => [...(this.#byPod.get(uid)?.values() ?? [])]),
      ...(namespaces.length === 0 ? [] : this.#of((name) => namespaces.includes(name))),
    ]);
  }

  /** What the pods of some namespaces have asked for. */
  #of(isWanted: (namespace: string) => boolean): readonly Subscription[] {
    return [...this.#byPod.values()].flatMap((own) => {
      const [first] = own.values();
      return first !== undefined && isWanted(first.pod.namespace) ? [...own.values()] : [];
    });
  }

  #drop(own: Map<string, Subscription>, key: string): void {
    const subscription = own.get(key);
    if (subscription === undefined) return;
    own.delete(key);
    this.#byIp.delete(ipKey(subscription.ip) ?? "", subscription);
  }
}

/** The same for the same route; another for another, but once in 2^53. */
function fingerprintOf(route: Route): number {
  return hashOf(canonicalJson(route));
}

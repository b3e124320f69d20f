import { BeeError } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import {
  type AdmittedProtocol,
  type Caller,
  type Endpoint,
  endpointsMax,
  type MachineMessage,
  type PodFacts,
  type Refusal,
  type Route,
  type SpanRecord,
  spiffeIdOf,
  type TransportProtocol,
} from "@beemesh/workload";
import { apiHost, type Directory, type Subscriptions } from "@beemesh/workload-plane";
import type { Counsel, Wanted } from "./attendant.ts";
import type { Contact } from "./contacts.ts";
import type { ConnectionPath, Dialed, Dialer } from "./dialer.ts";
import type { Discovery, FoundPeer } from "./discovery.ts";
import { type Following, namespaceOfName } from "./following.ts";
import type { OutsideDialer } from "./outside-dialer.ts";
import type { Refusals } from "./refusals.ts";

type Verdict = Pick<Extract<MachineMessage, { kind: "verdict" }>, "allowed" | "reason">;
type Names = Omit<Extract<MachineMessage, { kind: "names" }>, "kind" | "id">;
type Certificate = Omit<Extract<MachineMessage, { kind: "certificate" }>, "kind" | "id">;

/** What a certificate is made of. */
interface CertificateClaim {
  readonly pod: PodFacts;
  /** base64 of the SPKI in DER. */
  readonly publicKey: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface MachineCounselOptions {
  readonly directory: Pick<
    Directory,
    "factsOf" | "names" | "mayLeave" | "admit" | "mayCallUnknown"
  >;
  readonly subscriptions: Pick<Subscriptions, "route">;
  readonly following: Pick<Following, "bring" | "isAllHere">;
  readonly discovery: Pick<Discovery, "find" | "namespacesAt">;
  readonly dialer: Pick<Dialer, "dial">;
  readonly outsideDialer: Pick<OutsideDialer, "dial">;
  readonly refusals: Pick<Refusals, "tell">;
  /** Undefined if the key is none that is certified. */
  readonly certify: (claim: CertificateClaim) => string | undefined;
  readonly mayAuthor: (peer: PeerId, namespace: string) => boolean;
  /** The mesh's time. */
  readonly meshNowMs: () => number;
  /** The port of this machine's own API on loopback; 0 while there is none. */
  readonly apiPort: () => number;
  readonly onConnected: (contact: Contact, path: ConnectionPath | "") => void;
  readonly onLost: (pod: PodFacts, uids: readonly string[]) => void;
  readonly onTraced: (pod: PodFacts, spans: readonly SpanRecord[]) => void;
  readonly lifetimeMs: number;
}

/** How long before now a certificate begins: clocks of one mesh differ by so much at most. */
const slackMs = 5 * 60_000;

/** Services of all namespaces are asked for this often at most, for addresses nobody has. */
const everywhereMs = 2000;

/** Addresses that pods and Services have; others are never looked for in the hash table. */
const meshAddress = /^10\./u;

/** How long a name that could not be looked up stays so, in seconds. */
const refusedTtlSeconds = 1;

/** What a machine answers its sidecars, by the records that it brings here first. */
export class MachineCounsel implements Counsel {
  readonly #options: MachineCounselOptions;
  #everywhereAtMs = -Infinity;

  constructor(options: MachineCounselOptions) {
    this.#options = options;
  }

  facts(uid: string): PodFacts | undefined {
    return this.#options.directory.factsOf(uid);
  }

  certify(uid: string, publicKey: string): Certificate | undefined {
    const { certify, meshNowMs, lifetimeMs } = this.#options;
    const pod = this.facts(uid);
    if (pod === undefined) return undefined;
    const notBeforeMs = meshNowMs() - slackMs;
    const notAfterMs = meshNowMs() + lifetimeMs;
    const certificate = certify({ pod, publicKey, notBeforeMs, notAfterMs });
    return certificate === undefined ? undefined : { certificate, notAfterMs };
  }

  async names(uid: string, name: string, type: string): Promise<Names> {
    const { directory, following } = this.#options;
    const pod = this.facts(uid);
    if (pod === undefined) return { status: "refused", ttlSeconds: refusedTtlSeconds, records: [] };
    const namespace = namespaceOfName(name);
    await following.bring(
      pod,
      namespace === undefined ? { kind: "self" } : { kind: "services", namespace },
    );
    return directory.names(pod, name, type);
  }

  async route(uid: string, wanted: Wanted): Promise<Route> {
    const pod = this.facts(uid);
    const { protocol, ip, port } = wanted;
    if (pod === undefined) {
      return { kind: "refused", key: `${protocol} ${ip} ${port}`, reason: "the pod is unknown" };
    }
    const { following } = this.#options;
    await following.bring(pod, { kind: "self" });
    let route = await this.#routeBehind(pod, wanted);
    if (!isInside(route)) route = await this.#routeSought(pod, wanted, route);
    if (!isInside(route) && this.#mayLookEverywhere()) {
      // It may be the address of a Service whose namespace nobody here has asked for yet.
      await following.bring(pod, { kind: "anywhere" });
      route = await this.#routeBehind(pod, wanted);
    }
    const isEmpty = route.kind === "service" && route.endpoints.length === 0;
    return isEmpty ? this.#routeFound(pod, wanted, route) : route;
  }

  async admit(
    uid: string,
    caller: Caller,
    at: { readonly protocol: AdmittedProtocol; readonly port: number },
  ): Promise<Verdict> {
    const { directory, following, mayAuthor, onConnected } = this.#options;
    const pod = this.facts(uid);
    if (pod === undefined) return { allowed: false, reason: "the pod is unknown to its machine" };
    const { issuer, namespace } = caller;
    // Anybody can sign something: only who may speak for a namespace makes this machine look.
    if (mayAuthor(issuer, namespace)) await following.bring(pod, { kind: "callers", namespace });
    const { protocol, port } = at;
    const { allowed, reason } = directory.admit(pod, caller, protocol, port);
    if (allowed && protocol !== "watch") {
      const { serviceAccount } = caller;
      const peer = { peer: caller.uid, namespace, serviceAccount };
      onConnected({ direction: "in", pod: uid, ...peer, protocol, port, path: "" }, "");
    }
    return { allowed, reason };
  }

  async dial(uid: string, endpoint: Endpoint, isWatch: boolean): Promise<Dialed> {
    const { dialer, onConnected } = this.#options;
    const dialed = await dialer.dial(endpoint);
    // Replicas that look after each other talk to nobody.
    if (isWatch) return dialed;
    const { path } = dialed;
    const { uid: peer, namespace, serviceAccount, port } = endpoint;
    const contact = { pod: uid, peer, namespace, serviceAccount, port, path };
    onConnected({ direction: "out", protocol: "tcp", ...contact }, path);
    return dialed;
  }

  async dialExternal(
    uid: string,
    place: { readonly protocol: TransportProtocol; readonly host: string; readonly port: number },
  ): Promise<Dialed> {
    const { directory, following, onConnected } = this.#options;
    const pod = this.facts(uid);
    if (pod === undefined) throw new BeeError("pod-unknown", "Cannot dial: the pod is unknown");
    await following.bring(pod, { kind: "self" });
    const { protocol, host, port } = place;
    // The sidecar has asked already; but it may have asked long ago, or be not what it was.
    const { allowed, reason } = directory.mayLeave(pod, { protocol, host, port });
    if (!allowed) {
      this.#tellRefused(pod, place, reason);
      throw new BeeError("egress-refused", `Cannot connect to ${host} ${port}: ${reason}`);
    }
    const dialed = await this.#dialOutside(place);
    const outside = { peer: host, namespace: "", serviceAccount: "", protocol, port };
    onConnected({ direction: "out", pod: uid, ...outside, path: "external" }, "external");
    return dialed;
  }

  refused(uid: string, refusal: Refusal): void {
    const pod = this.facts(uid);
    if (pod !== undefined) this.#options.refusals.tell(pod, refusal);
  }

  lost(uid: string, uids: readonly string[]): void {
    const pod = this.facts(uid);
    if (pod !== undefined) this.#options.onLost(pod, uids);
  }

  traced(uid: string, spans: readonly SpanRecord[]): void {
    const pod = this.facts(uid);
    if (pod !== undefined) this.#options.onTraced(pod, spans);
  }

  /** The route, once more when what stands behind the Service that it leads to is here. */
  async #routeBehind(pod: PodFacts, { protocol, ip, port }: Wanted): Promise<Route> {
    const { subscriptions, following } = this.#options;
    const route = subscriptions.route(pod, protocol, ip, port);
    const namespace = namespaceOfRoute(route);
    if (namespace === undefined || namespace === pod.namespace) return route;
    await following.bring(pod, { kind: "services", namespace });
    return subscriptions.route(pod, protocol, ip, port);
  }

  /**
   * The route to an address of a namespace that nobody here has asked for yet: who has it says
   * so in the hash table, which names the namespace, and that namespace's records decide.
   */
  async #routeSought(pod: PodFacts, wanted: Wanted, route: Route): Promise<Route> {
    const { following, discovery } = this.#options;
    if (!meshAddress.test(wanted.ip) || following.isAllHere()) return route;
    const namespaces = await discovery.namespacesAt(wanted.ip);
    if (namespaces.length === 0) return route;
    const brought = namespaces.map((namespace) =>
      following.bring(pod, { kind: "services", namespace }),
    );
    await Promise.all(brought);
    return this.#routeBehind(pod, wanted);
  }

  /** The route to a Service of whose pods there is no record here: by what they say themselves. */
  async #routeFound(pod: PodFacts, wanted: Wanted, route: Route): Promise<Route> {
    const { directory, discovery, subscriptions } = this.#options;
    if (route.kind !== "service" || !directory.mayCallUnknown(pod)) return route;
    const service = `${route.namespace}/${route.name}`;
    const found = await discovery.find(service);
    // Records may have come meanwhile, and then they count.
    const now = subscriptions.route(pod, wanted.protocol, wanted.ip, wanted.port);
    if (now.kind !== "service" || now.endpoints.length > 0) return now;
    const endpoints = found.flatMap((peer) => endpointOf(peer, service, wanted) ?? []);
    return { ...now, endpoints: endpoints.slice(0, endpointsMax) };
  }

  #mayLookEverywhere(): boolean {
    const nowMs = this.#options.meshNowMs();
    if (Math.abs(nowMs - this.#everywhereAtMs) < everywhereMs) return false;
    this.#everywhereAtMs = nowMs;
    return true;
  }

  #dialOutside(place: {
    readonly protocol: TransportProtocol;
    readonly host: string;
    readonly port: number;
  }): Promise<Dialed> {
    const { outsideDialer, apiPort } = this.#options;
    if (place.host !== apiHost) return outsideDialer.dial({ ...place, isNamed: false });
    const port = apiPort();
    return outsideDialer.dial({ protocol: "tcp", host: "127.0.0.1", port, isNamed: true });
  }

  #tellRefused(
    pod: PodFacts,
    { protocol, host, port }: Pick<Refusal, "protocol" | "port"> & { readonly host: string },
    reason: string,
  ): void {
    this.#options.refusals.tell(pod, {
      direction: "out",
      source: spiffeIdOf(pod),
      target: host,
      protocol,
      port,
      cause: "policy",
      reason,
    });
  }
}

function isInside({ kind }: Route): boolean {
  return kind === "service" || kind === "pod";
}

function namespaceOfRoute(route: Route): string | undefined {
  if (route.kind === "service") return route.namespace;
  return route.kind === "pod" ? route.endpoint.namespace : undefined;
}

function endpointOf(
  { ref, namespace, serviceAccount }: FoundPeer,
  service: string,
  { protocol, port }: Wanted,
): Endpoint | undefined {
  const ports = ref.services.find((each) => each.service === service)?.ports ?? [];
  const target = ports.find((each) => each.protocol === protocol && each.port === port)?.target;
  if (target === undefined) return undefined;
  const { uid, node: machine, ip } = ref;
  return { uid, machine, namespace, serviceAccount, ip, port: target };
}

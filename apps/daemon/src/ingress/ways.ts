import { randomInt } from "node:crypto";
import type { SecureContext } from "node:tls";
import { BeeError } from "@beemesh/base";
import type { FoundService, Redirect, ServiceWish, Wanted, Route as Way } from "@beemesh/gateway";
import { findResource, type KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { collectionOf } from "@beemesh/wire";
import type { Log } from "../log.ts";
import type { Reading } from "../reading.ts";
import { type Endpoint, findService, namespaceOfHost, routeRequest } from "../service-router.ts";
import type { Entrant } from "../tunnel/opening.ts";
import type { PodAccess } from "../tunnel/pod-access.ts";
import { Certificates } from "./certificates.ts";
import { IngressTable } from "./ingress-table.ts";

export interface WaysOptions {
  readonly objects: ObjectStore;
  readonly pods: Pick<PodAccess, "connect">;
  /** Brings here what others keep: in a large mesh this machine knows no Ingress by itself. */
  readonly reading: Pick<Reading, "bringAll" | "namespaces">;
  readonly log: Log;
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
}

/** How long it is believed what is known of Ingresses, unless a change is heard of. */
const freshMs = 10_000;

/** One trouble is told this often, however many requests run into it. */
const tellMs = 60_000;

/** Troubles that are remembered as told. */
const toldMax = 256;

/** The ways from HTTP into services: by Ingress, by the service's name, or because it is alone. */
export class Ways {
  readonly #options: WaysOptions;
  readonly #certificates: Certificates;
  readonly #stop: () => void;
  readonly #turn = rotation();
  readonly #told = new Map<string, number>();
  #table: IngressTable | undefined;
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  /** The first time that all Ingresses are brought here: what comes later need not wait. */
  #first: Promise<void> | undefined;

  constructor(options: WaysOptions) {
    this.#options = options;
    this.#certificates = new Certificates(options.objects);
    this.#stop = options.objects.onChange(({ resource: { name } }) => {
      if (name === "ingresses" || name === "ingressclasses") this.#table = undefined;
    });
  }

  close(): void {
    this.#stop();
  }

  /** Names of the services that a request without anything special could be for. */
  services(): readonly string[] {
    const wish = { host: "", path: "", isLocal: true };
    const route = routeRequest(this.#options.objects, this.#tableNow(), wish);
    if (route.kind === "unknown") return route.services;
    return route.kind === "found" ? [route.service] : [];
  }

  /** Whether an Ingress has a rule for the host: then all its paths are the services'. */
  claims(host: string): boolean {
    return this.#tableNow().claims(host);
  }

  /** The certificate that an Ingress names for a host. */
  async contextOf(host: string): Promise<SecureContext | undefined> {
    await this.#refresh();
    const ref = this.#tableNow().certificateOf(host);
    if (ref === undefined) return undefined;
    await this.#options.reading.bringAll([collectionOf("secrets", "", ref.ingress.namespace)]);
    const finding = this.#certificates.find(ref);
    return finding.kind === "found" ? finding.context : undefined;
  }

  /**
   * The way of a request; undefined if there is none.
   *
   * @throws {BeeError} `ingress-broken` if an Ingress leads to what is not there.
   */
  async find(wanted: Wanted): Promise<Way | Redirect | undefined> {
    await this.#refresh();
    const { objects } = this.#options;
    const { host, isSecure, headers, target } = wanted;
    await this.#bringServices(wanted);
    if (isSecure) this.#checkCertificate(host);
    const route = routeRequest(objects, this.#tableNow(), wanted);
    if (route.kind === "unknown") return undefined;
    if (route.kind === "broken") throw this.#broken(route.ingress, route.reason);
    if (route.redirectsToTls && !isSecure) {
      return { location: `https://${headers.host ?? host}${target}` };
    }
    return { connect: () => this.#connect(route, "ingress") };
  }

  /**
   * A port of a service for the owner of this machine, who names it: `beemesh connect`. As with
   * `kubectl port-forward`, policies are not asked.
   *
   * @throws {BeeError} `service-absent`.
   */
  async findService(wish: ServiceWish): Promise<FoundService> {
    const { objects } = this.#options;
    await this.#bring([wish.namespace]);
    const { service, port } = findService(objects, wish);
    const connect: FoundService["connect"] = () =>
      this.#connect(findService(objects, wish), "owner");
    return { service, port, connect };
  }

  #connect(
    { service, endpoints }: { readonly service: string; readonly endpoints: readonly Endpoint[] },
    by: Entrant,
  ): ReturnType<Way["connect"]> {
    const endpoint = this.#turn(endpoints);
    if (endpoint !== undefined) {
      return this.#options.pods.connect(endpoint.place, endpoint.port, by);
    }
    const message = `Cannot reach ${service}: none of its pods is ready`;
    return Promise.reject(new BeeError("service-empty", message));
  }

  /** Brings the services of the namespace that a request ends up in. */
  async #bringServices({ host, path }: Wanted): Promise<void> {
    const table = this.#tableNow();
    const route = table.match(host, path);
    const namespace = route?.ingress.namespace ?? namespaceOfHost(host);
    const fallback = route === undefined ? table.fallback?.ingress.namespace : undefined;
    await this.#bring([namespace, fallback]);
  }

  /** Brings the services of namespaces, as far as there are such. */
  async #bring(namespaces: readonly (string | undefined)[]): Promise<void> {
    const { reading } = this.#options;
    const known = new Set(reading.namespaces());
    const wanted = namespaces.filter((each) => each !== undefined && known.has(each));
    await reading.bringAll(
      wanted.flatMap((each) => [
        collectionOf("services", "", each),
        collectionOf("endpointslices", "discovery.k8s.io", each),
      ]),
    );
  }

  #checkCertificate(host: string): void {
    const ref = this.#tableNow().certificateOf(host);
    const finding = ref && this.#certificates.find(ref);
    if (ref === undefined || finding?.kind !== "broken") return;
    throw this.#broken(`${ref.ingress.namespace}/${ref.ingress.name}`, finding.reason);
  }

  #broken(ingress: string, reason: string): BeeError {
    const nowMs = this.#options.nowMs();
    const key = `${ingress} ${reason}`;
    if (nowMs >= (this.#told.get(key) ?? Number.NEGATIVE_INFINITY)) {
      this.#options.log.warn("An Ingress leads nowhere", { ingress, reason });
      this.#told.delete(key);
      this.#told.set(key, nowMs + tellMs);
      const [oldest] = this.#told.keys();
      if (this.#told.size > toldMax && oldest !== undefined) this.#told.delete(oldest);
    }
    return new BeeError("ingress-broken", `Cannot follow Ingress ${ingress}: ${reason}`, {
      facts: { ingress },
    });
  }

  /** Follows the Ingresses of all namespaces; waits for them once. */
  #refresh(): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (nowMs >= this.#freshUntilMs) {
      this.#freshUntilMs = nowMs + freshMs;
      this.#table = undefined;
      const bringing = this.#bringIngresses();
      this.#first ??= bringing;
    }
    return this.#first ?? Promise.resolve();
  }

  async #bringIngresses(): Promise<void> {
    const { reading } = this.#options;
    const group = "networking.k8s.io";
    await reading.bringAll([
      collectionOf("namespaces", ""),
      collectionOf("ingressclasses", group),
      ...reading.namespaces().map((namespace) => collectionOf("ingresses", group, namespace)),
    ]);
  }

  #tableNow(): IngressTable {
    const all = (name: string): readonly KubeObject[] => {
      const resource = findResource("networking.k8s.io", name);
      return resource === undefined ? [] : this.#options.objects.list(resource).items;
    };
    this.#table ??= new IngressTable(all("ingresses"), all("ingressclasses"));
    return this.#table;
  }
}

/** Gives one endpoint after another, over all requests, from a random one on. */
function rotation(): (endpoints: readonly Endpoint[]) => Endpoint | undefined {
  let next = randomInt(2 ** 32);
  return (endpoints) => {
    const endpoint = endpoints[next % endpoints.length];
    next += 1;
    return endpoint;
  };
}

import { BeeError } from "@beemesh/base";
import type { ServiceWish } from "@beemesh/gateway";
import { findResource, isPod, type KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { type IngressRoute, type IngressTable, plainPath } from "./ingress/ingress-table.ts";
import type { PodPlace } from "./tunnel/pod-access.ts";

/** A place where a service can be reached. */
export interface Endpoint {
  readonly place: PodPlace;
  readonly port: number;
}

/** Where a request goes, or why it goes nowhere. */
export type Route =
  | {
      readonly kind: "found";
      readonly service: string;
      readonly endpoints: readonly Endpoint[];
      /** Whether requests that come in the clear are sent to TLS first. */
      readonly redirectsToTls: boolean;
    }
  | { readonly kind: "broken"; readonly ingress: string; readonly reason: string }
  | { readonly kind: "unknown"; readonly services: readonly string[] };

/** What a route is looked for by. */
export interface RouteWish {
  /** In lower case, without a port. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** Whether the request comes from this computer. */
  readonly isLocal: boolean;
}

/** Annotation of a Service: the path prefix whose requests it takes, such as `/shop`. */
const pathAnnotation = "beemesh.io/path";

/**
 * Finds the service that an HTTP request is for:
 *
 * 1. the rules of Ingresses;
 * 2. `Host: <service>.<namespace>`, with or without `.svc.cluster.local`, names it;
 * 3. else the longest path prefix among the services' `beemesh.io/path` annotations;
 * 4. else what an Ingress names for all the rest;
 * 5. else the only service that there is.
 *
 * Requests from the network get nowhere by 2 and 5: those need that nobody has opened the service.
 */
export function routeRequest(objects: ObjectStore, table: IngressTable, wish: RouteWish): Route {
  const { host, isLocal } = wish;
  const path = plainPath(wish.path);
  const ruled = table.match(host, path);
  if (ruled !== undefined) return routeOfIngress(objects, ruled);
  const services = listOf(objects, "", "services");
  const named = (isLocal ? byHost(services, host) : undefined) ?? byPath(services, path);
  if (named !== undefined) return routeOfService(objects, named);
  if (table.fallback !== undefined) return routeOfIngress(objects, table.fallback);
  const last = isLocal ? only(services) : undefined;
  if (last !== undefined) return routeOfService(objects, last);
  return { kind: "unknown", services: services.map(nameOf) };
}

/** A port of a service, and where it is reached. */
export interface ServicePort {
  readonly service: string;
  readonly port: number;
  readonly endpoints: readonly Endpoint[];
}

/**
 * A port of a service that somebody names.
 *
 * @param port - Number or name; empty for the only one.
 * @throws {BeeError} `service-absent` that says what there is not.
 */
export function findService(
  objects: ObjectStore,
  { namespace, service: name, port: wanted }: ServiceWish,
): ServicePort {
  const resource = findResource("", "services");
  const service = resource && objects.get(resource, namespace, name);
  const absent = (what: string): BeeError =>
    new BeeError("service-absent", `Cannot reach ${name}.${namespace}: ${what}`);
  if (service === undefined) throw absent("there is no such service");
  const ports = portsOf(service);
  if (wanted === "" && ports.length > 1) {
    throw absent(`name one of its ports: ${ports.map(numberOfPort).join(", ")}`);
  }
  const number = /^\d+$/u.test(wanted) ? Number(wanted) : wanted;
  const found = wanted === "" ? ports[0] : portNamed(service, number);
  if (found === undefined) throw absent(`it has no port ${wanted}`);
  return {
    service: nameOf(service),
    port: numberOfPort(found),
    endpoints: endpointsOf(objects, service, nameOfPort(found)),
  };
}

/** The namespace that a host such as `web.shop` or `web.shop.svc.cluster.local` speaks of. */
export function namespaceOfHost(host: string): string | undefined {
  return host.split(".")[1];
}

function routeOfService(objects: ObjectStore, service: KubeObject): Route {
  const endpoints = endpointsOf(objects, service);
  return { kind: "found", service: nameOf(service), endpoints, redirectsToTls: false };
}

function routeOfIngress(objects: ObjectStore, route: IngressRoute): Route {
  const { namespace, name } = route.ingress;
  const { backend, redirectsToTls } = route;
  const broken = (reason: string): Route => ({
    kind: "broken",
    ingress: `${namespace}/${name}`,
    reason,
  });
  if (backend === undefined) return broken("its backend is no Service");
  const resource = findResource("", "services");
  const service = resource && objects.get(resource, namespace, backend.service);
  const text = `Service ${backend.service}`;
  if (service === undefined) return broken(`there is no ${text} in namespace ${namespace}`);
  const port = portNamed(service, backend.port);
  if (port === undefined) return broken(`${text} has no port ${backend.port}`);
  const endpoints = endpointsOf(objects, service, nameOfPort(port));
  return { kind: "found", service: nameOf(service), endpoints, redirectsToTls };
}

/** A Service's port, by its number or name. */
function portNamed(service: KubeObject, wanted: number | string): JsonObject | undefined {
  return portsOf(service).find(({ name, port }) =>
    typeof wanted === "number" ? port === wanted : name === wanted,
  );
}

function portsOf({ spec }: KubeObject): readonly JsonObject[] {
  const ports = isJsonObject(spec) ? spec["ports"] : undefined;
  return Array.isArray(ports) ? ports.filter(isJsonObject) : [];
}

function numberOfPort({ port }: JsonObject): number {
  return typeof port === "number" ? port : 0;
}

function nameOfPort({ name }: JsonObject): string {
  return typeof name === "string" ? name : "";
}

function byHost(services: readonly KubeObject[], host: string): KubeObject | undefined {
  const [name, namespace] = host.replace(/:\d+$/u, "").toLowerCase().split(".");
  return services.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
}

function byPath(services: readonly KubeObject[], path: string): KubeObject | undefined {
  const prefixOf = ({ metadata }: KubeObject): string =>
    metadata.annotations?.[pathAnnotation] ?? "";
  const takes = (service: KubeObject): boolean => {
    const prefix = prefixOf(service).replace(/\/$/u, "");
    return prefix !== "" && (path === prefix || path.startsWith(`${prefix}/`));
  };
  return services.filter(takes).toSorted((a, b) => prefixOf(b).length - prefixOf(a).length)[0];
}

function only(services: readonly KubeObject[]): KubeObject | undefined {
  const candidates = services.filter(
    ({ metadata }) => !(metadata.namespace === "default" && metadata.name === "kubernetes"),
  );
  return candidates.length === 1 ? candidates[0] : undefined;
}

/**
 * The ready endpoints of a service, as its EndpointSlices say.
 *
 * @param portName - Empty for a port without a name; the first port if it is not given.
 */
function endpointsOf(objects: ObjectStore, service: KubeObject, portName?: string): Endpoint[] {
  const { name, namespace = "" } = service.metadata;
  const slices = listOf(objects, "discovery.k8s.io", "endpointslices", namespace).filter(
    ({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name,
  );
  return slices.flatMap((slice) => {
    const port = portOf(slice["ports"], portName);
    if (port === undefined || !Array.isArray(slice["endpoints"])) return [];
    return slice["endpoints"].filter(isJsonObject).flatMap((endpoint): Endpoint[] => {
      const { conditions } = endpoint;
      if (isJsonObject(conditions) && conditions["ready"] === false) return [];
      const place = placeOf(objects, endpoint, namespace);
      return place === undefined ? [] : [{ place, port }];
    });
  });
}

/** Where an endpoint is: the pod that it names, or else that of its namespace at its address. */
function placeOf(
  objects: ObjectStore,
  { targetRef, nodeName, addresses }: JsonObject,
  namespace: string,
): PodPlace | undefined {
  const uid = isJsonObject(targetRef) ? targetRef["uid"] : undefined;
  if (typeof uid === "string" && typeof nodeName === "string") return { uid, machine: nodeName };
  const [address] = Array.isArray(addresses) ? addresses : [];
  if (typeof address !== "string") return undefined;
  const pod = listOf(objects, "", "pods", namespace)
    .filter(isPod)
    .find(({ status }) => status?.podIP === address && !isOver(status));
  const machine = pod?.spec.nodeName;
  return pod?.metadata.uid && machine ? { uid: pod.metadata.uid, machine } : undefined;
}

/** Whoever has come to its end has left its address to others. */
function isOver({ phase }: { readonly phase?: string }): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

function portOf(ports: unknown, name: string | undefined): number | undefined {
  const all: readonly Json[] = Array.isArray(ports) ? ports : [];
  const objects = all.filter(isJsonObject);
  const found =
    name === undefined ? objects[0] : objects.find((each) => (each["name"] ?? "") === name);
  const port = found?.["port"];
  return typeof port === "number" ? port : undefined;
}

function listOf(
  objects: ObjectStore,
  group: string,
  name: string,
  namespace?: string,
): readonly KubeObject[] {
  const resource = findResource(group, name);
  return resource === undefined ? [] : objects.list(resource, namespace).items;
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.name}.${metadata.namespace}`;
}

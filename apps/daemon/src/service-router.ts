import { findResource, type KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { isJsonObject, type Json } from "@beemesh/wire";
import type { PodPlace } from "./tunnel/pod-access.ts";

/** A place where a service can be reached. */
export interface Endpoint {
  readonly place: PodPlace;
  readonly port: number;
}

/** Where a request goes, or why it goes nowhere. */
export type Route =
  | { readonly kind: "found"; readonly service: string; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: "unknown"; readonly services: readonly string[] };

/** Annotation of a Service: the path prefix whose requests it takes, such as `/shop`. */
const pathAnnotation = "beemesh.io/path";

/**
 * Finds the service that an HTTP request is for:
 *
 * 1. `Host: <service>.<namespace>`, with or without `.svc.cluster.local`, names it;
 * 2. else the longest path prefix among the services' `beemesh.io/path` annotations;
 * 3. else the only service that there is.
 */
export function routeRequest(
  objects: ObjectStore,
  request: { readonly host: string; readonly path: string },
): Route {
  const services = listOf(objects, "", "services");
  const found = byHost(services, request.host) ?? byPath(services, request.path) ?? only(services);
  if (found === undefined) return { kind: "unknown", services: services.map(nameOf) };
  return { kind: "found", service: nameOf(found), endpoints: endpointsOf(objects, found) };
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

/** The ready endpoints of a service's first port, as its EndpointSlices say. */
function endpointsOf(objects: ObjectStore, service: KubeObject): Endpoint[] {
  const { name, namespace = "" } = service.metadata;
  const slices = listOf(objects, "discovery.k8s.io", "endpointslices", namespace).filter(
    ({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name,
  );
  return slices.flatMap((slice) => {
    const port = portOf(slice["ports"]);
    if (port === undefined || !Array.isArray(slice["endpoints"])) return [];
    return slice["endpoints"].filter(isJsonObject).flatMap((endpoint): Endpoint[] => {
      const { targetRef, nodeName, conditions } = endpoint;
      if (isJsonObject(conditions) && conditions["ready"] === false) return [];
      if (!isJsonObject(targetRef) || typeof nodeName !== "string") return [];
      const { uid } = targetRef;
      return typeof uid === "string" ? [{ place: { uid, machine: nodeName }, port }] : [];
    });
  });
}

function portOf(ports: unknown): number | undefined {
  const [first]: readonly Json[] = Array.isArray(ports) ? ports : [];
  const port = isJsonObject(first) ? first["port"] : undefined;
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

import { shortName } from "@beemesh/base";
import { isPod, type KubeObject, matches, type Pod, selectorOfLabels } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import type { Endpoint, EndpointPort } from "./endpoint.ts";
import { externalEndpoints } from "./external-workload.ts";
import { podResource } from "./kinds.ts";
import { isOver, isReady, isStranded } from "./pod-facts.ts";
import type { Service, ServicePort } from "./service.ts";
import { controllerReference, isEnding, type View } from "./view.ts";

/** Label of an EndpointSlice: the Service that it belongs to. */
export const serviceNameLabel = "kubernetes.io/service-name";

/** Label of an EndpointSlice: who keeps it. */
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";

/** The name under which Kubernetes' own controller keeps slices; clients know it. */
export const managedBy = "endpointslice-controller.k8s.io";

/** Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ */
const endpointsPerSliceMax = 100;

/** Kubernetes truncates an Endpoints object here. */
const addressesMax = 1000;

/** The endpoints of a Service as the objects that tell of them; without uids. */
export function endpointObjects(
  service: Service,
  view: View,
): { readonly endpoints: KubeObject; readonly slices: readonly KubeObject[] } {
  const groups = Map.groupBy(endpointsOf(service, view), ({ ports }) => canonicalJson(ports));
  const sorted = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  return {
    endpoints: endpointsObject(service, sorted),
    slices: slicesOf(service, sorted.length === 0 ? [[]] : sorted),
  };
}

function endpointsOf(service: Service, view: View): readonly Endpoint[] {
  return [...podEndpoints(service, view), ...externalEndpoints(service, view)].toSorted((a, b) =>
    a.target.metadata.name < b.target.metadata.name ? -1 : 1,
  );
}

function podEndpoints(service: Service, { store, members }: View): readonly Endpoint[] {
  const { selector, ports = [], publishNotReadyAddresses = false } = service.spec;
  const wanted = selectorOfLabels(selector);
  return store
    .list(podResource, service.metadata.namespace)
    .items.filter(isPod)
    .filter((pod) => matches(wanted, pod.metadata.labels))
    .filter((pod) => !isOver(pod) && !isStranded(pod, members))
    .flatMap((pod): Endpoint[] => {
      const ip = pod.status?.podIP;
      const { nodeName: machine } = pod.spec;
      if (ip === undefined || !machine) return [];
      const isServing = isReady(pod) || publishNotReadyAddresses;
      const isUp = publishNotReadyAddresses || (isServing && !isEnding(pod));
      const own = ports.flatMap((port) => portOf(port, pod));
      const hostname = hostnameOf(pod);
      return [{ target: pod, machine, hostname, ip, isReady: isUp, isServing, ports: own }];
    });
}

/** A named target may be another number in each pod; a pod without it does not serve the port. */
function portOf(service: ServicePort, { spec }: Pod): EndpointPort[] {
  const { name = "", port, protocol = "TCP", appProtocol, targetPort = port } = service;
  const named = spec.containers
    .flatMap(({ ports = [] }) => ports)
    .find((each) => each.name === targetPort && (each.protocol ?? "TCP") === protocol);
  const number = typeof targetPort === "number" ? targetPort : named?.containerPort;
  if (number === undefined) return [];
  return [{ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
}

function endpointsObject(service: Service, groups: readonly (readonly Endpoint[])[]): KubeObject {
  const { name, namespace = "default", labels = {} } = service.metadata;
  const subsets = groups.flatMap((group) => {
    const staying = group.filter(({ target }) => !isEnding(target)).slice(0, addressesMax);
    const addresses = staying.filter((each) => each.isReady).map((each) => addressOf(each));
    const others = staying.filter((each) => !each.isReady).map((each) => addressOf(each));
    if (staying.length === 0) return [];
    return [
      {
        ...(addresses.length === 0 ? {} : { addresses }),
        ...(others.length === 0 ? {} : { notReadyAddresses: others }),
        ports: group[0]?.ports ?? [],
      },
    ];
  });
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name, namespace, labels, ownerReferences: [controllerReference(service)] },
    subsets,
  };
}

function addressOf({ target, machine, hostname, ip }: Endpoint): object {
  const named = hostname === undefined ? {} : { hostname };
  return { ip, nodeName: machine, ...named, targetRef: refOf(target) };
}

function slicesOf(
  service: Service,
  groups: readonly (readonly Endpoint[])[],
): readonly KubeObject[] {
  return groups
    .flatMap((group) => chunksOf(group))
    .map((chunk, index) => sliceObject(service, chunk, index));
}

function sliceObject(service: Service, chunk: readonly Endpoint[], index: number): KubeObject {
  const { name, namespace = "default", uid, labels = {} } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${shortName(`${uid}/${index}`, 5)}`,
      namespace,
      labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: managedBy },
      ownerReferences: [controllerReference(service)],
    },
    addressType: "IPv4",
    endpoints: chunk.map(
      ({ target, machine, hostname, ip, isReady: ready, isServing: serving }) => ({
        addresses: [ip],
        conditions: { ready, serving, terminating: isEnding(target) },
        ...(hostname === undefined ? {} : { hostname }),
        nodeName: machine,
        targetRef: refOf(target),
      }),
    ),
    ports: chunk[0]?.ports ?? [],
  };
}

/** A pod of a headless Service is found by its host name. */
function hostnameOf({ spec }: Pod): string | undefined {
  return spec.subdomain === undefined ? undefined : spec.hostname;
}

function refOf({ kind, metadata }: KubeObject): object {
  const { name, namespace = "default", uid = "" } = metadata;
  return { kind, name, namespace, uid };
}

function chunksOf(group: readonly Endpoint[]): (readonly Endpoint[])[] {
  if (group.length === 0) return [group];
  const count = Math.ceil(group.length / endpointsPerSliceMax);
  return Array.from({ length: count }, (_, index) =>
    group.slice(index * endpointsPerSliceMax, (index + 1) * endpointsPerSliceMax),
  );
}

/**
 * The Service `kubernetes` and who stands behind it: the API of each machine that is alive.
 *
 * Nobody writes them. In a cluster each API server writes its own address into one object, which
 * all machines of a mesh would fight over; here each computes them of the Nodes that it knows.
 */
import {
  apiMark,
  apiNamespace,
  apiServiceAddress,
  apiServiceName,
  apiServicePort,
  findResource,
  type KubeObject,
  type Resource,
} from "@beemesh/model";
import { listAt, textAt } from "./field.ts";

const portName = "https";
const serviceNameLabel = "kubernetes.io/service-name";
const labels = { component: "apiserver", provider: "kubernetes" };

/** The kinds that tell of the Service `kubernetes`. */
const kinds = {
  service: findResource("", "services"),
  endpoints: findResource("", "endpoints"),
  slices: findResource("discovery.k8s.io", "endpointslices"),
};

/**
 * The objects of a kind that tell of the API, without uids.
 *
 * @param nodes - Those of machines that are alive.
 */
export function apiObjects(resource: Resource, nodes: () => readonly KubeObject[]): KubeObject[] {
  if (resource === kinds.service) return [service];
  if (resource === kinds.endpoints) return [endpointsOf(placesOf(nodes()))];
  return resource === kinds.slices ? slicesOf(placesOf(nodes())) : [];
}

/** What is the API's own in an object that somebody has changed. */
export function withApiContent(stored: KubeObject, computed: KubeObject): KubeObject {
  const { metadata: _, ...content } = computed;
  return { ...stored, ...content };
}

const service: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: apiServiceName, namespace: apiNamespace, labels },
  spec: {
    type: "ClusterIP",
    clusterIP: apiServiceAddress,
    clusterIPs: [apiServiceAddress],
    internalTrafficPolicy: "Cluster",
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    ports: [{ name: portName, port: apiServicePort, protocol: "TCP", targetPort: 6443 }],
    sessionAffinity: "None",
  },
  status: { loadBalancer: {} },
};

/** Machines of one computer differ by their port alone. */
interface Place {
  readonly port: number;
  readonly addresses: readonly string[];
}

/** Where the APIs are, the lowest port first; one family of addresses, as the Service has. */
function placesOf(nodes: readonly KubeObject[]): readonly Place[] {
  const found = nodes.flatMap((node) => {
    const port = Number(node.metadata.annotations?.[apiMark] ?? "0");
    const address = listAt(node, "status", "addresses").find(
      (each) => textAt(each, "type") === "InternalIP",
    );
    const ip = textAt(address, "address");
    const isFit = Number.isInteger(port) && port > 0 && port <= 65_535 && /^[\d.]+$/u.test(ip);
    return isFit ? [{ port, ip }] : [];
  });
  return [...Map.groupBy(found, ({ port }) => port)]
    .toSorted(([a], [b]) => a - b)
    .map(([port, group]) => ({
      port,
      addresses: [...new Set(group.map(({ ip }) => ip))].toSorted(),
    }));
}

function endpointsOf(places: readonly Place[]): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: apiServiceName,
      namespace: apiNamespace,
      // Its slices are here already: nobody is to mirror it.
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    subsets: places.map(({ port, addresses }) => ({
      addresses: addresses.map((ip) => ({ ip })),
      ports: [{ name: portName, port, protocol: "TCP" }],
    })),
  };
}

function slicesOf(places: readonly Place[]): KubeObject[] {
  const all = places.length === 0 ? [{ port: 6443, addresses: [] }] : places;
  return all.map(({ port, addresses }, index) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: index === 0 ? apiServiceName : `${apiServiceName}-${port}`,
      namespace: apiNamespace,
      labels: { [serviceNameLabel]: apiServiceName },
    },
    addressType: "IPv4",
    endpoints: addresses.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: [{ name: portName, port, protocol: "TCP" }],
  }));
}

/** What admission needs of this machine: the records that it decides by, and a way to webhooks. */
import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";
import { findResource } from "@beemesh/model";
import type { ApiRequest, ObjectStore } from "@beemesh/ports";
import { type CollectionId, collectionOf } from "@beemesh/wire";
import { isName, namespaceIn } from "./access.ts";
import type { Reading } from "./reading.ts";
import { type Endpoint, findService } from "./service-router.ts";
import type { PodAccess } from "./tunnel/pod-access.ts";

/** What is judged by in the namespace of a write. What holds everywhere is here anyway. */
const rulesOfNamespaces = ["limitranges", "resourcequotas"];

/** The records of its namespace that a request is admitted by; none for what only reads. */
export function admissionCollections(request: ApiRequest): readonly CollectionId[] {
  if (request.method === "GET" || request.method === "HEAD") return [];
  // Nobody makes this machine ask others by naming namespaces: what is here decides.
  if (request.user.groups.includes("system:unauthenticated")) return [];
  const path = request.path.filter((segment) => segment !== "");
  const namespace = namespaceIn(path);
  if (!isName(namespace)) return [];
  const kinds = path.includes("pods")
    ? [...rulesOfNamespaces, "serviceaccounts"]
    : rulesOfNamespaces;
  return kinds.map((kind) => collectionOf(kind, "", namespace));
}

export interface ServiceWayOptions {
  readonly objects: ObjectStore;
  readonly pods: Pick<PodAccess, "connect">;
  /** Brings here what others keep. */
  readonly reading: Pick<Reading, "bringAll">;
}

/** A port of a Service, by its number or name. */
export interface NamedService {
  readonly namespace: string;
  readonly name: string;
  /** Empty for the only one. */
  readonly port: number | string;
}

/** Connects to a pod behind a Service, as a webhook's configuration or a request names it. */
export async function connectService(
  { objects, pods, reading }: ServiceWayOptions,
  { namespace, name, port }: NamedService,
): Promise<Duplex> {
  if (isName(namespace)) {
    await reading.bringAll([
      collectionOf("services", "", namespace),
      collectionOf("endpointslices", "discovery.k8s.io", namespace),
      collectionOf("pods", "", namespace),
    ]);
  }
  const endpoints = endpointsOf(objects, { namespace, name, port });
  const endpoint = endpoints[endpoints.length === 0 ? 0 : randomInt(endpoints.length)];
  if (endpoint === undefined) {
    const message = `no endpoints available for service ${JSON.stringify(name)}`;
    throw new BeeError("service-empty", message);
  }
  return pods.connect(endpoint.place, endpoint.port, "owner");
}

/** Where a Service is reached; what there is not is told as kube-apiserver tells it. */
function endpointsOf(
  objects: ObjectStore,
  { namespace, name, port }: NamedService,
): readonly Endpoint[] {
  const services = findResource("", "services");
  const quoted = JSON.stringify(name);
  if (services === undefined || objects.get(services, namespace, name) === undefined) {
    throw new BeeError("service-absent", `service ${quoted} not found`);
  }
  try {
    return findService(objects, { namespace, service: name, port: String(port) }).endpoints;
  } catch (cause) {
    const message = `no service port ${port} found for service ${quoted}`;
    throw new BeeError("service-absent", message, { cause });
  }
}

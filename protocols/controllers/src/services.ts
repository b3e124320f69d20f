import type { KubeObject, Resource } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { clusterAddressOf } from "./cluster-address.ts";
import { endpointObjects, managedBy, managedByLabel, serviceNameLabel } from "./endpoints.ts";
import { endpointSliceResource, endpointsResource, serviceResource } from "./kinds.ts";
import { mirroredBy, mirroredSlices } from "./mirrored-endpoints.ts";
import { allNodePorts, hasNodePorts, withNodePorts } from "./node-port.ts";
import type { Action } from "./patience.ts";
import { isService, type Service } from "./service.ts";
import { timestampOf } from "./timestamp.ts";
import { fine, isEnding, type Look, putting, refOf, removing, type View } from "./view.ts";

/** Gives a Service its address and ports of machines, and tells which pods stand behind it. */
export const lookAtService: Look = (object, view) => {
  if (!isService(object) || isEnding(object) || object.spec.type === "ExternalName") return fine;
  const allocating = allocate(object, view);
  const mirrored = mirroredSlices(object, view);
  const mirroring = [
    ...mirrored.flatMap((slice) => keep(endpointSliceResource, slice, view)),
    ...surplus(object, mirrored, view, mirroredBy),
  ];
  if (object.spec.selector === undefined) return { actions: [...allocating, ...mirroring] };
  const { endpoints, slices } = endpointObjects(object, view);
  return {
    actions: [
      ...allocating,
      ...mirroring,
      ...keep(endpointsResource, endpoints, view),
      ...slices.flatMap((slice) => keep(endpointSliceResource, slice, view)),
      ...surplus(object, slices, view, managedBy),
    ],
  };
};

/** An address and ports of machines; what two Services have after a partition is the elder's. */
function allocate(service: Service, view: View): Action[] {
  const others = view.store
    .list(serviceResource)
    .items.filter(isService)
    .filter((other) => other.metadata.uid !== service.metadata.uid);
  const address = addressOf(service, others, view);
  const ports = portsOf(service, others);
  const lacking = [
    ...(address === undefined ? ["AddressesTaken Every cluster address is taken"] : []),
    ...(ports === undefined ? ["PortsTaken Every port of the machines is taken"] : []),
  ];
  const spec = { ...service.spec, ...address, ...ports };
  const isNews = canonicalJson(spec) !== canonicalJson(service.spec);
  const given = putting(
    `allocate ${service.metadata.uid} ${canonicalJson([spec.clusterIP ?? "", spec.ports ?? []])}`,
    serviceResource,
    { ...service, spec },
  );
  return [...lacking.map((text) => refusal(service, text)), ...(isNews ? [given] : [])];
}

/** The address of its own that a Service is to have; undefined if there is none left. */
function addressOf(
  service: Service,
  others: readonly Service[],
  { serviceCidr }: View,
): Partial<Service["spec"]> | undefined {
  const { metadata, spec } = service;
  const { clusterIP: own = "" } = spec;
  if (own === "None") return {};
  // Of many Services few have this address: who is older is asked of those alone.
  const rivals = others.filter((other) => other.spec.clusterIP === own);
  if (own !== "" && !rivals.some((rival) => isElder(rival, service))) return {};
  const taken = new Set(others.flatMap((other) => other.spec.clusterIP ?? []));
  const key = `${metadata.namespace}/${metadata.name}`;
  const clusterIP = clusterAddressOf(key, taken, serviceCidr);
  return clusterIP === undefined ? undefined : { clusterIP, clusterIPs: [clusterIP] };
}

/** The ports that a Service is to have; undefined if the machines have none left. */
function portsOf(
  service: Service,
  others: readonly Service[],
): Partial<Service["spec"]> | undefined {
  if (!hasNodePorts(service) || service.spec.ports === undefined) return {};
  const elders = others.filter((other) => isElder(other, service));
  const ports = withNodePorts(service, allNodePorts(others), allNodePorts(elders));
  return ports && { ports };
}

function refusal(service: Service, text: string): Action {
  const object = refOf(service);
  const [reason = "", ...words] = text.split(" ");
  const message = words.join(" ");
  const event = { kind: "event", object, type: "Warning", reason, message } as const;
  return { id: `refuse ${object.uid} ${reason}`, effects: [event] };
}

function isElder(a: Service, b: Service): boolean {
  return ageOf(a) < ageOf(b);
}

function ageOf({ metadata }: Service): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.namespace}/${metadata.name}`;
}

/** Writes an object that is computed, if it is not there as it should be. */
function keep(resource: Resource, wanted: KubeObject, { store, newUid, now }: View): Action[] {
  const { namespace = "", name } = wanted.metadata;
  const there = store.get(resource, namespace, name);
  const text = contentOf(wanted);
  if (there !== undefined && contentOf(there) === text) return [];
  const { uid, creationTimestamp } = there?.metadata ?? {};
  const metadata = {
    ...wanted.metadata,
    uid: uid ?? newUid(`${resource.name}/${namespace}/${name}`),
    creationTimestamp: creationTimestamp ?? timestampOf(now.wallMs),
  };
  return [putting(`keep ${resource.name} ${name} ${text}`, resource, { ...wanted, metadata })];
}

function contentOf({ metadata, ...object }: KubeObject): string {
  const { labels = {}, ownerReferences = [] } = metadata;
  const { addressType, endpoints, ports, subsets } = object;
  return canonicalJson({ labels, ownerReferences, addressType, endpoints, ports, subsets });
}

/** Slices of ours that the Service no longer needs, of those that are kept under a name. */
function surplus(
  { metadata }: Service,
  wanted: readonly KubeObject[],
  { store }: View,
  keeper: string,
): Action[] {
  const names = new Set(wanted.map((slice) => slice.metadata.name));
  return store
    .list(endpointSliceResource, metadata.namespace)
    .items.filter(({ metadata: { labels = {}, name } }) => {
      const isOurs = labels[managedByLabel] === keeper;
      return isOurs && labels[serviceNameLabel] === metadata.name && !names.has(name);
    })
    .map((slice) => removing(endpointSliceResource, slice));
}

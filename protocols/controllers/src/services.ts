import type { KubeObject, Resource } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { clusterAddressOf } from "./cluster-address.ts";
import { endpointObjects, managedBy, managedByLabel, serviceNameLabel } from "./endpoints.ts";
import { endpointSliceResource, endpointsResource, serviceResource } from "./kinds.ts";
import { mirroredBy, mirroredSlices } from "./mirrored-endpoints.ts";
import type { Action } from "./patience.ts";
import { isService, type Service } from "./service.ts";
import { timestampOf } from "./timestamp.ts";
import { fine, isEnding, type Look, putting, refOf, removing, type View } from "./view.ts";

/** Gives a Service its address and tells which pods stand behind it. */
export const lookAtService: Look = (object, view) => {
  if (!isService(object) || isEnding(object) || object.spec.type === "ExternalName") return fine;
  const addressing = address(object, view);
  const mirrored = mirroredSlices(object, view);
  const mirroring = [
    ...mirrored.flatMap((slice) => keep(endpointSliceResource, slice, view)),
    ...surplus(object, mirrored, view, mirroredBy),
  ];
  if (object.spec.selector === undefined) return { actions: [...addressing, ...mirroring] };
  const { endpoints, slices } = endpointObjects(object, view);
  return {
    actions: [
      ...addressing,
      ...mirroring,
      ...keep(endpointsResource, endpoints, view),
      ...slices.flatMap((slice) => keep(endpointSliceResource, slice, view)),
      ...surplus(object, slices, view, managedBy),
    ],
  };
};

/** Of two Services with one address, as after a partition, the younger gets another. */
function address(service: Service, { store, serviceCidr }: View): Action[] {
  const { metadata, spec } = service;
  const { clusterIP: own = "" } = spec;
  if (own === "None") return [];
  const others = store
    .list(serviceResource)
    .items.filter(isService)
    .filter((other) => other.metadata.uid !== metadata.uid);
  // Of many Services few have this address: who is older is asked of those alone.
  const rivals = others.filter((other) => other.spec.clusterIP === own);
  if (own !== "" && !rivals.some((rival) => isElder(rival, service))) return [];
  const taken = new Set(others.flatMap((other) => other.spec.clusterIP ?? []));
  const key = `${metadata.namespace}/${metadata.name}`;
  const clusterIP = clusterAddressOf(key, taken, serviceCidr);
  if (clusterIP === undefined) return [refusal(service)];
  const addressed = { ...spec, clusterIP, clusterIPs: [clusterIP] };
  return [putting(`address ${metadata.uid}`, serviceResource, { ...service, spec: addressed })];
}

function refusal(service: Service): Action {
  const object = refOf(service);
  const message = "Every cluster address is taken";
  const event = {
    kind: "event",
    object,
    type: "Warning",
    reason: "AddressesTaken",
    message,
  } as const;
  return { id: `refuse ${object.uid}`, effects: [event] };
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

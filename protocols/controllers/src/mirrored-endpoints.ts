import { shortName } from "@beemesh/base";
import { type KubeObject, listAt, objectsAt, textAt } from "@beemesh/model";
import { isJsonObject, type JsonObject } from "@beemesh/wire";
import { managedByLabel, serviceNameLabel } from "./endpoints.ts";
import { endpointsResource } from "./kinds.ts";
import type { Service } from "./service.ts";
import { controllerOf, controllerReference, type View } from "./view.ts";

/** The name under which Kubernetes' own controller keeps slices that mirror Endpoints. */
export const mirroredBy = "endpointslicemirroring-controller.k8s.io";

/** Label of Endpoints that nobody is to mirror. */
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";

/** Annotation of Endpoints that are a lock, of clients older than Leases. */
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

/** More addresses of a subset are not mirrored; Kubernetes' own default. */
const addressesPerSubsetMax = 1000;

/**
 * The slices of Endpoints that somebody wrote for a Service without a selector, without uids.
 *
 * They are owned by the Service, not by the Endpoints as in Kubernetes: whichever of both goes, the
 * slices go.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#endpointslice-mirroring
 */
export function mirroredSlices(service: Service, { store }: View): readonly KubeObject[] {
  const { name, namespace = "" } = service.metadata;
  const written = store.get(endpointsResource, namespace, name);
  if (written === undefined || !isToMirror(written, service)) return [];
  return objectsAt(written, "subsets").flatMap((subset, index) =>
    families.flatMap((family) => sliceOf({ service, written, subset, index }, family)),
  );
}

function isToMirror(written: KubeObject, service: Service): boolean {
  const { labels, annotations } = written.metadata;
  const isOurs = controllerOf(written)?.uid === service.metadata.uid;
  const isLock = annotations?.[leaderAnnotation] !== undefined;
  return (
    service.spec.selector === undefined && !isOurs && !isLock && labels?.[skipLabel] !== "true"
  );
}

const families = ["IPv4", "IPv6"] as const;

interface Subset {
  readonly service: Service;
  readonly written: KubeObject;
  readonly subset: JsonObject;
  readonly index: number;
}

function sliceOf(
  { service, written, subset, index }: Subset,
  family: (typeof families)[number],
): KubeObject[] {
  const endpoints = [
    ...endpointsIn(subset, "addresses", true),
    ...endpointsIn(subset, "notReadyAddresses", false),
  ].filter(({ addresses: [ip = ""] }) => ip.includes(":") === (family === "IPv6"));
  if (endpoints.length === 0) return [];
  const { name, namespace = "", uid } = service.metadata;
  const labels = { ...written.metadata.labels };
  return [
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: `${name}-${shortName(`${uid}/mirror/${index}/${family}`, 5)}`,
        namespace,
        labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirroredBy },
        ownerReferences: [controllerReference(service)],
      },
      addressType: family,
      endpoints: endpoints.slice(0, addressesPerSubsetMax),
      ports: listAt(subset, "ports"),
    },
  ];
}

interface MirroredEndpoint {
  readonly addresses: readonly string[];
}

function endpointsIn(subset: JsonObject, member: string, ready: boolean): MirroredEndpoint[] {
  return objectsAt(subset, member).map((address) => {
    const { hostname, nodeName, targetRef } = address;
    return {
      addresses: [textAt(address, "ip")],
      conditions: { ready },
      ...(typeof hostname === "string" && { hostname }),
      ...(typeof nodeName === "string" && { nodeName }),
      ...(isJsonObject(targetRef) && { targetRef }),
    };
  });
}

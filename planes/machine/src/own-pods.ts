import type { KubeObject, Pod } from "@beemesh/model";
import { type ApiAccess, Pods } from "@beemesh/pods";
import type { ObjectStore } from "@beemesh/ports";
import type { Registry } from "@beemesh/registry";
import { collectionOf } from "@beemesh/wire";
import type { NodeFacts } from "./node.ts";
import { resourceNamed, settingNamed } from "./resource.ts";

const serviceResource = resourceNamed("", "services");

/** The records that pods find their settings among, and how far those reach. */
export interface PodRecords {
  readonly objects: Pick<ObjectStore, "get" | "list">;
  readonly registry: Pick<Registry, "coverageOf">;
}

/** Finds the ServiceAccount of a pod; undefined while it is not there. */
export function accountsIn(
  objects: Pick<ObjectStore, "get">,
): (pod: Pod) => KubeObject | undefined {
  return ({ metadata: { namespace = "default" }, spec: { serviceAccountName = "default" } }) =>
    objects.get(settingNamed("serviceaccounts"), namespace, serviceAccountName);
}

/** The pods of this machine, which find their settings among its records. */
export function openPods(
  { name: nodeName, hostIp, cpuMillicores, memoryBytes }: NodeFacts,
  { objects, registry }: PodRecords,
  access: ApiAccess | undefined,
): Pods {
  return new Pods({
    ...(access && { access }),
    nodeName,
    hostIp,
    cpuMillicores,
    memoryBytes,
    lookup: (resource, namespace, name) => objects.get(settingNamed(resource), namespace, name),
    services: (namespace) => ({
      items: objects.list(serviceResource, namespace).items,
      isWhole: registry.coverageOf(collectionOf("services", "", namespace)) !== "partly",
    }),
  });
}

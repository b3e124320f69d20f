import { type ApiAccess, Pods } from "@beemesh/pods";
import type { ObjectStore } from "@beemesh/ports";
import type { NodeFacts } from "./node.ts";
import { settingNamed } from "./resource.ts";

/** The pods of this machine, which find their settings among its records. */
export function openPods(
  { name: nodeName, hostIp, cpuMillicores, memoryBytes }: NodeFacts,
  objects: Pick<ObjectStore, "get">,
  access: ApiAccess | undefined,
): Pods {
  return new Pods({
    ...(access && { access }),
    nodeName,
    hostIp,
    cpuMillicores,
    memoryBytes,
    lookup: (resource, namespace, name) => objects.get(settingNamed(resource), namespace, name),
  });
}

import type { Pod } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { resourceNamed } from "./resource.ts";

const runtimeClasses = resourceNamed("node.k8s.io", "runtimeclasses");

/**
 * What a machine must have to run the pod, as the pod's RuntimeClass says; undefined for anything,
 * and for a class that is gone: then the pod's machine waits for it.
 */
export function handlerOf({ spec }: Pod, objects: Pick<ObjectStore, "get">): string | undefined {
  const { runtimeClassName = "" } = spec;
  if (runtimeClassName === "") return undefined;
  const handler = objects.get(runtimeClasses, "", runtimeClassName)?.["handler"];
  return typeof handler === "string" ? handler : undefined;
}

import type { JsonObject } from "@beemesh/wire";
import { objectsAt, valueAt } from "./members.ts";
import type { PodStatus } from "./pod.ts";
import { parseQuantity } from "./quantity.ts";

/**
 * How well a pod's resources are promised: Guaranteed if each container's requests are its limits
 * for CPU and memory, BestEffort if there are none at all, else Burstable.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function qosClassOf(pod: unknown): NonNullable<PodStatus["qosClass"]> {
  const containers = ["initContainers", "containers"].flatMap((list) =>
    objectsAt(pod, "spec", list),
  );
  if (containers.every((container) => isGuaranteed(container))) return "Guaranteed";
  return containers.some((container) => asksForSome(container)) ? "Burstable" : "BestEffort";
}

const names = ["cpu", "memory"];

function amountOf(container: JsonObject, share: string, name: string): bigint | undefined {
  return parseQuantity(valueAt(container, ["resources", share, name]))?.nano;
}

function isGuaranteed(container: JsonObject): boolean {
  return names.every((name) => {
    const limit = amountOf(container, "limits", name);
    return limit !== undefined && (amountOf(container, "requests", name) ?? limit) === limit;
  });
}

function asksForSome(container: JsonObject): boolean {
  return ["limits", "requests"].some((share) =>
    names.some((name) => amountOf(container, share, name) !== undefined),
  );
}

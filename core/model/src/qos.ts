import type { Container, Pod, PodStatus } from "./pod.ts";
import { parseQuantity } from "./quantity.ts";

/**
 * How well a pod's resources are promised: Guaranteed if each container's requests are its limits
 * for CPU and memory, BestEffort if there are none at all, else Burstable.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function qosClassOf({ spec }: Pod): NonNullable<PodStatus["qosClass"]> {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  if (containers.every((container) => isGuaranteed(container))) return "Guaranteed";
  return containers.some((container) => asksForSome(container)) ? "Burstable" : "BestEffort";
}

function isGuaranteed({ resources }: Container): boolean {
  return ["cpu", "memory"].every((name) => {
    const limit = resources?.limits?.[name];
    if (limit === undefined) return false;
    const request = parseQuantity(resources?.requests?.[name] ?? limit);
    return request?.nano === parseQuantity(limit)?.nano;
  });
}

function asksForSome({ resources }: Container): boolean {
  return [resources?.limits, resources?.requests].some(
    (amounts) => amounts?.["cpu"] !== undefined || amounts?.["memory"] !== undefined,
  );
}

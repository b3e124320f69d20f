/**
 * What a pod asks for as a whole: its containers together, or more while an init container runs.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/
 */
import { objectsAt } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { greatest, nothing, type ResourceList, resourcesAt, sum } from "./resource-list.ts";

/** What is asked for or allowed: the two lists of a container's `resources`. */
export type Share = "requests" | "limits";

/** The requests or limits of a whole pod. */
export function podResources(pod: unknown, share: Share): ResourceList {
  const own = (container: JsonObject): ResourceList => resourcesAt(container, "resources", share);
  let steady = nothing;
  for (const container of objectsAt(pod, "spec", "containers"))
    steady = sum(steady, own(container));
  let beside = nothing;
  let peak = nothing;
  for (const container of objectsAt(pod, "spec", "initContainers")) {
    if (container["restartPolicy"] === "Always") {
      beside = sum(beside, own(container));
      peak = greatest(peak, beside);
    } else peak = greatest(peak, sum(beside, own(container)));
  }
  const whole = greatest(sum(steady, beside), peak);
  const overhead = resourcesAt(pod, "spec", "overhead");
  if (share === "requests") return sum(whole, overhead);
  // A limit that no container has is not made by what the pod itself costs.
  return sum(whole, new Map([...overhead].filter(([name]) => whole.has(name))));
}

/** Whether no container asks for CPU or memory at all. */
export function isBestEffort(pod: unknown): boolean {
  const containers = ["containers", "initContainers"].flatMap((each) =>
    objectsAt(pod, "spec", each),
  );
  return containers.every((container) =>
    (["requests", "limits"] as const).every((share) => {
      const list = resourcesAt(container, "resources", share);
      return ["cpu", "memory"].every((name) => (list.get(name)?.nano ?? 0n) === 0n);
    }),
  );
}

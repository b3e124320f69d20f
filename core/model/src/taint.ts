/**
 * What keeps pods away from a machine, and what lets them stay all the same.
 *
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
import { isJsonObject } from "@beemesh/wire";
import { listAt, textAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Toleration } from "./pod.ts";

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** The taints of a Node record; none without one. */
export function taintsOf(node: KubeObject | undefined): Taint[] {
  return listAt(node, "spec", "taints").flatMap((taint) => {
    const { key, value, effect } = isJsonObject(taint) ? taint : {};
    if (typeof key !== "string" || !isEffect(effect)) return [];
    return [{ key, effect, ...(typeof value === "string" && { value }) }];
  });
}

/** Whether one of the tolerations is for the taint. */
export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerationOf(tolerations, taint) !== undefined;
}

/**
 * How long a pod may stay where these taints are: 0 if it does not tolerate one of them that
 * evicts, Infinity if it may stay for good. In milliseconds.
 *
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
export function stayMsOf(tolerations: readonly Toleration[], taints: readonly Taint[]): number {
  const stays = taints
    .filter(({ effect }) => effect === "NoExecute")
    .map((taint) => {
      const toleration = tolerationOf(tolerations, taint);
      if (toleration === undefined) return 0;
      const { tolerationSeconds = Infinity } = toleration;
      return Math.max(0, tolerationSeconds * 1000);
    });
  return Math.min(Infinity, ...stays);
}

/** The first of the tolerations that is for the taint. */
function tolerationOf(tolerations: readonly Toleration[], taint: Taint): Toleration | undefined {
  return tolerations.find((toleration) => {
    const { operator = "Equal", value = "" } = toleration;
    const [key, effect] = [textAt(toleration, "key"), textAt(toleration, "effect")];
    if (effect !== "" && effect !== taint.effect) return false;
    if (key === "") return operator === "Exists";
    if (key !== taint.key) return false;
    return operator === "Exists" || value === (taint.value ?? "");
  });
}

function isEffect(effect: unknown): effect is Taint["effect"] {
  return effect === "NoSchedule" || effect === "PreferNoSchedule" || effect === "NoExecute";
}

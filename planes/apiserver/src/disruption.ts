/** Whether a pod may be evicted, and in which words it may not. */
import { budgetsOf, type DisruptionScene, disruptionOf, type KubeObject } from "@beemesh/model";
import { listAt, textAt } from "./field.ts";
import { type Status, severalBudgets, wouldDisrupt } from "./status.ts";

/** Why the budgets of its namespace keep `pod` where it is; undefined if they let it go. */
export function budgetRefusal(pod: KubeObject, scene: DisruptionScene): Status | undefined {
  if (costsNothing(pod)) return undefined;
  const [budget, ...others] = budgetsOf(scene.records, pod);
  if (budget === undefined) return undefined;
  if (others.length > 0) return severalBudgets();
  const state = disruptionOf(budget, scene);
  if (!isReady(pod)) {
    const isAlwaysAllowed = textAt(budget, "spec", "unhealthyPodEvictionPolicy") === "AlwaysAllow";
    const isKept = state.desired > 0 && state.healthy >= state.desired;
    if (isAlwaysAllowed || isKept) return undefined;
  }
  if (state.allowed > 0) return undefined;
  return wouldDisrupt(budget.metadata.name, state.desired, state.healthy);
}

/** A pod that has ended, has not started or goes anyway takes nothing from a budget. */
function costsNothing(pod: KubeObject): boolean {
  const phase = textAt(pod, "status", "phase") || "Pending";
  const isGoing = pod.metadata.deletionTimestamp !== undefined;
  return isGoing || phase === "Pending" || phase === "Succeeded" || phase === "Failed";
}

function isReady(pod: KubeObject): boolean {
  return listAt(pod, "status", "conditions").some(
    (each) => textAt(each, "type") === "Ready" && textAt(each, "status") === "True",
  );
}

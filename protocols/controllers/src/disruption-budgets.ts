import { type Disruption, disruptionOf, type KubeObject } from "@beemesh/model";
import { canonicalJson, isJsonObject, type JsonObject } from "@beemesh/wire";
import { disruptionBudgetResource } from "./kinds.ts";
import { timestampOf } from "./timestamp.ts";
import { fine, isEnding, type Look, puttingCounts } from "./view.ts";

const conditionType = "DisruptionAllowed";

/** Tells in the status of a PodDisruptionBudget how many of its pods may go now. */
export const lookAtDisruptionBudget: Look = (object, view) => {
  if (isEnding(object)) return fine;
  const { members, now, store } = view;
  const disruption = disruptionOf(object, {
    records: store,
    wallMs: now.wallMs,
    isAlive: (machine) => members.isAlive(machine),
  });
  const before = isJsonObject(object.status) ? object.status : {};
  const status = statusOf(object, disruption, timestampOf(now.wallMs));
  const told = canonicalJson(status);
  const actions =
    told === canonicalJson(before)
      ? []
      : [puttingCounts(countsText(status), disruptionBudgetResource, { ...object, status })];
  const { againInMs } = disruption;
  return againInMs === Infinity ? { actions } : { actions, againInMs };
};

/**
 * Members and reasons as Kubernetes has them.
 *
 * Source: k8s.io/kubernetes, pkg/controller/disruption and staging/src/k8s.io/api/policy/v1.
 */
function statusOf(budget: KubeObject, disruption: Disruption, timestamp: string): JsonObject {
  const { generation = 0 } = budget.metadata;
  const { allowed, desired, disrupted, expected, healthy } = disruption;
  return {
    conditions: conditionsOf(budget, { isAllowed: allowed > 0, generation, timestamp }),
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    ...(generation > 0 && { observedGeneration: generation }),
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
  };
}

function conditionsOf(
  { status }: KubeObject,
  now: { readonly isAllowed: boolean; readonly generation: number; readonly timestamp: string },
): JsonObject[] {
  const told =
    isJsonObject(status) && Array.isArray(status["conditions"]) ? status["conditions"] : [];
  const before = told.filter(isJsonObject);
  const state = now.isAllowed ? "True" : "False";
  const same = before.find(({ type, status: was }) => type === conditionType && was === state);
  const since = same?.["lastTransitionTime"];
  return [
    ...before.filter(({ type }) => type !== conditionType),
    {
      type: conditionType,
      status: state,
      reason: now.isAllowed ? "SufficientPods" : "InsufficientPods",
      message: "",
      lastTransitionTime: typeof since === "string" ? since : now.timestamp,
      ...(now.generation > 0 && { observedGeneration: now.generation }),
    },
  ];
}

/** The status without its times, which differ from one look to the next. */
function countsText(status: JsonObject): string {
  const { conditions: _, ...counts } = status;
  return canonicalJson(counts);
}

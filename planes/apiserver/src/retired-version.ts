/**
 * Versions that Kubernetes has retired, and kubectl 1.20 still speaks: CronJobs of batch/v1beta1,
 * budgets of policy/v1beta1, and autoscalers of autoscaling/v2beta2. Discovery speaks of them only
 * in the form that is as old, so that no younger client chooses them.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#v1-25, and kubernetes,
 * pkg/apis/policy/v1beta1/conversion.go.
 */
import { apiVersionOf, findResource } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { memberOf, type SecondView } from "./second-view.ts";

type Conversion = (object: JsonObject) => JsonObject;

/**
 * A label that no pod has. An empty selector is all pods in policy/v1 and none in v1beta1; by this
 * each is said in the other version.
 */
const emptyMatch = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";
const none: JsonObject = { matchExpressions: [{ key: emptyMatch, operator: "Exists" }] };
const all: JsonObject = { matchExpressions: [{ key: emptyMatch, operator: "DoesNotExist" }] };

/** The views. */
export const retiredVersions: readonly SecondView[] = [
  ...retired("autoscaling", "horizontalpodautoscalers", "v2beta2"),
  ...retired("batch", "cronjobs", "v1beta1"),
  ...retired("policy", "poddisruptionbudgets", "v1beta1", {
    toKept: (budget) => selecting(budget, none, all),
    toShown: (budget) => selecting(budget, all, none),
  }),
];

function retired(
  group: string,
  plural: string,
  version: string,
  { toKept = same, toShown = same }: { toKept?: Conversion; toShown?: Conversion } = {},
): readonly SecondView[] {
  const kept = findResource(group, plural);
  if (kept === undefined) return [];
  const resource = { ...kept, version };
  const [older, newer] = [apiVersionOf(resource), apiVersionOf(kept)];
  return [
    {
      resource,
      kept,
      toKept: (object) => toKept(inVersion(object, older, newer)),
      toShown: (object) => toShown(inVersion(object, newer, older)),
    },
  ];
}

function same(object: JsonObject): JsonObject {
  return object;
}

function inVersion(object: JsonObject, from: string, to: string): JsonObject {
  return object["apiVersion"] === from ? { ...object, apiVersion: to } : object;
}

/** A budget whose selector, if it is empty or stands for an empty one, is said in the other way. */
function selecting(budget: JsonObject, empty: JsonObject, toEmpty: JsonObject): JsonObject {
  const spec = memberOf(budget, "spec");
  const selector = memberOf(spec, "selector");
  if (spec === undefined || selector === undefined) return budget;
  const text = JSON.stringify(selector);
  if (text === "{}") return { ...budget, spec: { ...spec, selector: empty } };
  if (text !== JSON.stringify(toEmpty)) return budget;
  return { ...budget, spec: { ...spec, selector: {} } };
}

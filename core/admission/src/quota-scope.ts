/**
 * Scopes of a quota: which pods, or claims, it counts.
 *
 * Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
 */
import { type KubeObject, listAt, numberAt, objectsAt, textAt, valueAt } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { isBestEffort } from "./pod-resources.ts";

interface Scope {
  readonly name: string;
  readonly operator: string;
  readonly values: readonly unknown[];
}

/** Whether an object is in all scopes of the quota. A quota without scopes counts everything. */
export function isInScopes(quota: KubeObject, object: KubeObject): boolean {
  return scopesOf(quota).every((scope) => isInScope(scope, object));
}

function scopesOf(quota: KubeObject): readonly Scope[] {
  const plain = listAt(quota, "spec", "scopes").map(
    (name): Scope => ({
      name: typeof name === "string" ? name : "",
      operator: "Exists",
      values: [],
    }),
  );
  const selected = objectsAt(quota, "spec", "scopeSelector", "matchExpressions").map(scopeOf);
  return [...plain, ...selected];
}

function scopeOf(expression: JsonObject): Scope {
  return {
    name: textAt(expression, "scopeName"),
    operator: textAt(expression, "operator"),
    values: listAt(expression, "values"),
  };
}

function isInScope(scope: Scope, object: KubeObject): boolean {
  if (object.kind === "PersistentVolumeClaim" && scope.name === "VolumeAttributesClass") {
    return selects(scope, textAt(object, "spec", "volumeAttributesClassName"));
  }
  if (object.kind !== "Pod") return false;
  switch (scope.name) {
    case "Terminating":
      return isTerminating(object);
    case "NotTerminating":
      return !isTerminating(object);
    case "BestEffort":
      return isBestEffort(object);
    case "NotBestEffort":
      return !isBestEffort(object);
    case "PriorityClass":
      return selects(scope, textAt(object, "spec", "priorityClassName"));
    case "CrossNamespacePodAffinity":
      return reachesOut(object);
    default:
      return false;
  }
}

function isTerminating(pod: KubeObject): boolean {
  return (numberAt(pod, "spec", "activeDeadlineSeconds") ?? -1) >= 0;
}

/** What has no class has none of the values either. */
function selects({ operator, values }: Scope, name: string): boolean {
  switch (operator) {
    case "In":
      return name !== "" && values.includes(name);
    case "NotIn":
      return name === "" || !values.includes(name);
    case "DoesNotExist":
      return name === "";
    default:
      return name !== "";
  }
}

/** Whether a pod asks for its place by pods of other namespaces. */
function reachesOut(pod: KubeObject): boolean {
  const terms = ["podAffinity", "podAntiAffinity"].flatMap((affinity) => [
    ...objectsAt(
      pod,
      "spec",
      "affinity",
      affinity,
      "requiredDuringSchedulingIgnoredDuringExecution",
    ),
    ...objectsAt(
      pod,
      "spec",
      "affinity",
      affinity,
      "preferredDuringSchedulingIgnoredDuringExecution",
    ).map((weighted) => valueAt(weighted, ["podAffinityTerm"])),
  ]);
  return terms.some(
    (term) =>
      listAt(term, "namespaces").length > 0 || valueAt(term, ["namespaceSelector"]) !== undefined,
  );
}

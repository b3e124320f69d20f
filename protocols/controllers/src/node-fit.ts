/** Whether a DaemonSet's pod belongs on a machine. */
import {
  type DaemonSet,
  type KubeObject,
  type Toleration,
  withDaemonTolerations,
} from "@beemesh/model";
import { isJsonObject, type Json } from "@beemesh/wire";

/** What a machine is to a DaemonSet: a pod may be made there, may stay there, or must go. */
export type NodeFit = "runs" | "stays" | "leaves";

/**
 * Weighs a machine by the template's node selector, its required node affinity, and the taints.
 * A taint `NoSchedule` keeps new pods away, `NoExecute` those that run as well.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
 */
export function nodeFit({ spec }: DaemonSet, node: KubeObject): NodeFit {
  const pod = spec.template.spec;
  const labels = node.metadata.labels ?? {};
  const { name } = node.metadata;
  const selected = Object.entries(pod.nodeSelector ?? {}).every(
    ([key, value]) => labels[key] === value,
  );
  if (!selected || (pod.nodeName && pod.nodeName !== name)) return "leaves";
  if (!isTermMet(pod.affinity, labels, name)) return "leaves";
  const template: unknown = pod;
  const tolerations = withDaemonTolerations(isJsonObject(template) ? template : {});
  const bad = taintsOf(node).filter((taint) => !tolerations.some((each) => tolerates(each, taint)));
  if (bad.some(({ effect }) => effect === "NoExecute")) return "leaves";
  return bad.some(({ effect }) => effect === "NoSchedule") ? "stays" : "runs";
}

interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

function taintsOf({ spec }: KubeObject): Taint[] {
  const taints = isJsonObject(spec) ? spec["taints"] : undefined;
  if (!Array.isArray(taints)) return [];
  return taints.filter(isJsonObject).map(({ key, value, effect }) => ({
    key: textOf(key),
    value: textOf(value),
    effect: textOf(effect),
  }));
}

/** Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(toleration: Json, taint: Taint): boolean {
  if (!isJsonObject(toleration)) return false;
  const { key, operator, value, effect }: { readonly [Name in keyof Toleration]?: Json } =
    toleration;
  if (textOf(effect) !== "" && effect !== taint.effect) return false;
  if (textOf(key) === "") return operator === "Exists";
  if (key !== taint.key) return false;
  return operator === "Exists" || textOf(value) === taint.value;
}

type Labels = Readonly<Record<string, string>>;

/** One of the terms of the required node affinity must hold. */
function isTermMet(affinity: unknown, labels: Labels, name: string): boolean {
  const required = ["nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
  let found: unknown = affinity;
  for (const member of required) found = isJsonObject(found) ? found[member] : undefined;
  const terms = isJsonObject(found) ? found["nodeSelectorTerms"] : undefined;
  if (!Array.isArray(terms)) return true;
  return terms.filter(isJsonObject).some(({ matchExpressions = [], matchFields = [] }) => {
    const [byLabel, byField] = [matchExpressions, matchFields].map(listOf);
    if (byLabel === undefined || byField === undefined) return false;
    if (byLabel.length + byField.length === 0) return false;
    return (
      byLabel.every((each) => meets(each, labels)) &&
      byField.every((each) => meets(each, { "metadata.name": name }))
    );
  });
}

function meets(expression: Json, labels: Labels): boolean {
  if (!isJsonObject(expression)) return false;
  const value = labels[textOf(expression["key"])];
  const values = listOf(expression["values"] ?? []).map(textOf);
  switch (textOf(expression["operator"])) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

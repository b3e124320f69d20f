/**
 * PriorityClasses: which number a pod's class stands for. Two classes of the system are there
 * without anybody having made them.
 *
 * Source: k8s.io/kubernetes, plugin/pkg/admission/priority, and
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import { type KubeObject, numberAt, objectAt, textAt, valueAt } from "@beemesh/model";

/** Twice what anybody else may give (k8s.io/kubernetes, pkg/apis/scheduling). */
const systemValue = 2_000_000_000;

const clusterScope = "that must run in the cluster, but can be moved to another node if necessary";
const nodeScope = "that must not be moved from their current node";

/** The classes that are there from the start. */
export const systemPriorityClasses: readonly KubeObject[] = [
  systemClass("system-cluster-critical", systemValue, clusterScope),
  systemClass("system-node-critical", systemValue + 1000, nodeScope),
];

function systemClass(name: string, value: number, scope: string): KubeObject {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    preemptionPolicy: "PreemptLowerPriority",
    description: `Used for system critical pods ${scope}.`,
  };
}

/** A pod with its priority, or why it may not have it. */
export type Prioritized<Pod extends KubeObject> =
  | { readonly ok: true; readonly pod: Pod }
  | { readonly ok: false; readonly message: string };

/** A new pod with the number and the policy that its class stands for. */
export function withPriority<Pod extends KubeObject>(
  pod: Pod,
  classes: readonly KubeObject[],
): Prioritized<Pod> {
  const all = [...systemPriorityClasses, ...classes];
  const asked = textAt(pod, "spec", "priorityClassName");
  const found =
    asked === "" ? defaultClass(classes) : all.find(({ metadata }) => metadata.name === asked);
  if (asked !== "" && found === undefined) {
    return { ok: false, message: `no PriorityClass with name ${asked} was found` };
  }
  const priority = numberAt(found, "value") ?? 0;
  const preemptionPolicy = textAt(found, "preemptionPolicy") || "PreemptLowerPriority";
  const wrong = wrongPriority(pod, { priority, preemptionPolicy });
  if (wrong !== "") return { ok: false, message: wrong };
  const named = found === undefined ? {} : { priorityClassName: found.metadata.name };
  const spec = { ...objectAt(pod, "spec"), ...named, priority, preemptionPolicy };
  return { ok: true, pod: { ...pod, spec } };
}

interface Standing {
  readonly priority: number;
  readonly preemptionPolicy: string;
}

function wrongPriority(pod: KubeObject, { priority, preemptionPolicy }: Standing): string {
  const said = valueAt(pod, ["spec", "priority"]);
  const rule = "must not be provided in pod spec; priority admission controller computed";
  if (typeof said === "number" && said !== priority) {
    const value = `the integer value of priority (${said})`;
    return `${value} ${rule} ${priority} from the given PriorityClass name`;
  }
  const policy = textAt(pod, "spec", "preemptionPolicy");
  if (policy === "" || policy === preemptionPolicy) return "";
  const value = `the string value of PreemptionPolicy (${policy})`;
  return `${value} ${rule} ${preemptionPolicy} from the given PriorityClass name`;
}

/** Of several defaults, which a race may have made, the lowest counts. */
function defaultClass(classes: readonly KubeObject[]): KubeObject | undefined {
  return classes
    .filter((each) => valueAt(each, ["globalDefault"]) === true)
    .toSorted((a, b) => (numberAt(a, "value") ?? 0) - (numberAt(b, "value") ?? 0))[0];
}

/** Why there may be no such PriorityClass beside the others; empty if there may. */
export function priorityClassFault(wanted: KubeObject, classes: readonly KubeObject[]): string {
  const { name } = wanted.metadata;
  if (valueAt(wanted, ["globalDefault"]) !== true) return "";
  const other = defaultClass(classes.filter(({ metadata }) => metadata.name !== name));
  if (other === undefined) return "";
  const rule = "is already marked as default. Only one default can exist";
  return `PriorityClass ${other.metadata.name} ${rule}`;
}

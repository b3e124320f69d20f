/** Whether a DaemonSet's pod belongs on a machine. */
import {
  type DaemonSet,
  daemonTolerations,
  type KubeObject,
  matchesTerms,
  requiredTerms,
  taintsOf,
  tolerates,
} from "@beemesh/model";

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
  const terms = requiredTerms(pod.affinity);
  if (terms && !matchesTerms(terms, labels, name)) return "leaves";
  const tolerations = [...(pod.tolerations ?? []), ...daemonTolerations];
  const bad = taintsOf(node).filter((taint) => !tolerates(tolerations, taint));
  if (bad.some(({ effect }) => effect === "NoExecute")) return "leaves";
  return bad.some(({ effect }) => effect === "NoSchedule") ? "stays" : "runs";
}

/**
 * What a Job makes of a pod that has failed, by the rules of its `podFailurePolicy`: the first
 * that fits decides, and what no rule fits counts.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
import type { ContainerStatus, Job, Pod, PodFailureRule } from "@beemesh/model";

/** What is to be done about a failure, and, if the whole Job is to fail by it, why. */
export interface Judgement {
  readonly action: PodFailureRule["action"];
  readonly message: string;
}

/** What a Job makes of a pod of its own that has failed. */
export function judgementOf(job: Job, pod: Pod): Judgement {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const cause = causeOf(rule, pod);
    if (cause === undefined) continue;
    const message = `${cause} matching ${rule.action} rule at index ${index}`;
    return { action: rule.action, message };
  }
  return { action: "Count", message: "" };
}

/** By what of a pod a rule fits it; undefined if it does not. */
function causeOf(rule: PodFailureRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (rule.onExitCodes !== undefined) {
    const ended = endedBadly(pod).find((status) => fits(rule.onExitCodes, status));
    if (ended === undefined) return undefined;
    const { exitCode } = ended.state.terminated ?? {};
    return `Container ${ended.name} for pod ${name} failed with exit code ${exitCode}`;
  }
  const condition = pod.status?.conditions?.find((each) =>
    rule.onPodConditions?.some(
      ({ type, status = "True" }) => each.type === type && each.status === status,
    ),
  );
  return condition && `Pod ${name} has condition ${condition.type}`;
}

/** Containers before those that ran first, as Kubernetes looks at them. */
function endedBadly({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].filter(
    ({ state }) => state.terminated !== undefined && state.terminated.exitCode !== 0,
  );
}

function fits(wanted: PodFailureRule["onExitCodes"], { name, state }: ContainerStatus): boolean {
  if (wanted === undefined || (wanted.containerName ?? name) !== name) return false;
  const isListed = wanted.values.includes(state.terminated?.exitCode ?? 0);
  return isListed === (wanted.operator === "In");
}

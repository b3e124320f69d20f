import {
  type Condition,
  type ContainerStatus,
  type Pod,
  type PodPhase,
  type PodStatus,
  qosClassOf,
} from "@beemesh/model";
import type { Pending } from "./allotment.ts";
import { type ContainerRole, isInitRole } from "./container-role.ts";
import { timestampOf } from "./timestamp.ts";

/** A container as its pod's status sees it. */
export interface ContainerReport {
  readonly role: ContainerRole;
  /** For init containers: has done its part, so that the next may start. */
  readonly isPassed: boolean;
  readonly status: ContainerStatus;
}

/** What a pod's status is computed from. */
export interface PodFacts {
  readonly pod: Pod;
  readonly containers: readonly ContainerReport[];
  readonly isInitialized: boolean;
  /** Nothing runs any more, and nothing will. */
  readonly isOver: boolean;
  /** Failed whatever the containers say, such as `Lost`. */
  readonly verdict: { readonly reason: string; readonly message: string } | undefined;
  readonly startTime: string;
  readonly hostIp: string;
  readonly podIp: string | undefined;
  /** The conditions as last told: what stays the same keeps its transition time. */
  readonly before: readonly Condition[];
  /** Of containers that do not run yet with what they have been given. */
  readonly resizes: readonly { readonly trouble: string }[];
  /** Why the pod has not been given what its record asks for. */
  readonly pending: Pending | undefined;
  readonly wallMs: number;
}

/** A pod's status as the kubelet words it. */
export function podStatus(facts: PodFacts): PodStatus {
  const { pod, containers, verdict, startTime, hostIp, podIp } = facts;
  const phase = verdict === undefined ? phaseOf(facts) : "Failed";
  const statuses = (is: (role: ContainerRole) => boolean): ContainerStatus[] =>
    containers.filter(({ role }) => is(role)).map(({ status }) => status);
  const initContainerStatuses = statuses(isInitRole);
  const ephemeralContainerStatuses = statuses((role) => role === "ephemeral");
  return {
    phase,
    ...(verdict === undefined ? {} : verdict),
    conditions: conditionsOf(facts, phase),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime,
    ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
    containerStatuses: statuses((role) => role === "main"),
    ...(ephemeralContainerStatuses.length === 0 ? {} : { ephemeralContainerStatuses }),
    qosClass: qosClassOf(pod),
  };
}

/** Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
function phaseOf({ pod, containers, isInitialized, isOver }: PodFacts): PodPhase {
  const { restartPolicy = "Always" } = pod.spec;
  const exitCodeOf = ({ status }: ContainerReport): number | undefined =>
    (status.state.terminated ?? status.lastState?.terminated)?.exitCode;
  const hasFailed = (each: ContainerReport): boolean => (exitCodeOf(each) ?? 0) !== 0;
  if (!isInitialized) {
    const failed = containers.some((each) => each.role === "init" && hasFailed(each));
    return failed && (isOver || restartPolicy === "Never") ? "Failed" : "Pending";
  }
  const mains = containers.filter(({ role }) => role === "main");
  const hasRun = ({ status }: ContainerReport): boolean =>
    status.state.waiting === undefined || status.lastState?.terminated !== undefined;
  if (!mains.every((each) => hasRun(each))) return isOver ? "Failed" : "Pending";
  if (!isOver) return "Running";
  // One that was ended with its pod, before anybody heard how, has not done what it was to do.
  const hasEndedWell = (each: ContainerReport): boolean =>
    each.status.state.running === undefined && exitCodeOf(each) === 0;
  return mains.every((each) => hasEndedWell(each)) ? "Succeeded" : "Failed";
}

function conditionsOf(facts: PodFacts, phase: PodPhase): Condition[] {
  const { containers, isInitialized } = facts;
  const namesOf = (wrong: (report: ContainerReport) => boolean): string =>
    containers
      .filter((each) => wrong(each))
      .map(({ status }) => status.name)
      .join(" ");
  const ended = endedReason(phase);
  const unready = namesOf(
    ({ role, status }) => role !== "init" && role !== "ephemeral" && !status.ready,
  );
  const notReady = ended ?? {
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready}]`,
  };
  const notInitialized = {
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${namesOf(({ isPassed }) => !isPassed)}]`,
  };
  const unmet = unmetGates(facts.pod);
  const gated = { reason: "ReadinessGatesNotReady", message: unmet.join(", ") };
  const isReady = ended === undefined && unready === "" && isInitialized;
  const tell = (type: string, isTrue: boolean, why: object): Condition =>
    withTransition(facts, { type, status: isTrue ? "True" : "False", ...(isTrue ? {} : why) });
  return [
    tell("PodScheduled", true, {}),
    tell("Initialized", isInitialized, notInitialized),
    tell("ContainersReady", isReady, notReady),
    tell("Ready", isReady && unmet.length === 0, isReady ? gated : notReady),
    ...resizeConditions(facts),
  ];
}

/**
 * What keeps a pod from being ready although its containers are: conditions that others tell.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
 */
function unmetGates({ spec, status }: Pod): readonly string[] {
  return (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const told = status?.conditions?.find(({ type }) => type === conditionType)?.status;
    if (told === "True") return [];
    const gate = `pod readiness gate ${JSON.stringify(conditionType)}`;
    return told === undefined
      ? [`corresponding condition of ${gate} does not exist.`]
      : [`the status of ${gate} is not "True", but ${told}`];
  });
}

/** Conditions that are there only while they hold. */
function resizeConditions(facts: PodFacts): Condition[] {
  const { pending, resizes } = facts;
  const trouble = resizes.find((each) => each.trouble !== "")?.trouble;
  const why = trouble === undefined ? {} : { reason: "Error", message: trouble };
  return [
    ...(pending === undefined ? [] : [{ type: "PodResizePending", ...pending }]),
    ...(resizes.length === 0 ? [] : [{ type: "PodResizeInProgress", ...why }]),
  ].map((condition) => withTransition(facts, { ...condition, status: "True" }));
}

function endedReason(phase: PodPhase): { readonly reason: string } | undefined {
  if (phase === "Succeeded") return { reason: "PodCompleted" };
  return phase === "Failed" ? { reason: "PodFailed" } : undefined;
}

function withTransition({ before, wallMs }: PodFacts, condition: Condition): Condition {
  const last = before.find(({ type }) => type === condition.type);
  const isSame = last?.status === condition.status && last.lastTransitionTime !== undefined;
  return {
    ...condition,
    lastProbeTime: null,
    lastTransitionTime: isSame ? last.lastTransitionTime : timestampOf(wallMs),
  };
}

import { type Condition, type Deployment, objectsAt, textAt } from "@beemesh/model";
import { canonicalJson, isJsonObject } from "@beemesh/wire";
import { countsOf, failureType } from "./replica-sets.ts";
import { type Revision, type Revisions, sumOf } from "./revisions.ts";
import { allowanceOf } from "./rollout.ts";
import { timestampOf, wallMsOf } from "./timestamp.ts";

/** A condition of a Deployment also tells when it was last found to be so. */
interface DeploymentCondition extends Condition {
  readonly lastUpdateTime?: string;
}

/** The status of a Deployment, as kubectl reads it. */
export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly conditions?: readonly DeploymentCondition[];
}

/** Kubernetes' own default. */
const progressDeadlineSecondsDefault = 600;

/**
 * The status of a Deployment: counts, whether enough is available, and whether it gets on.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 *
 * @returns The status, and how long until it changes by itself.
 */
export function deploymentStatus(
  deployment: Deployment,
  revisions: Revisions,
  wallMs: number,
): { readonly status: DeploymentStatus; readonly againInMs: number } {
  const { current, earlier } = revisions;
  const all = current === undefined ? earlier : [...earlier, current];
  const { generation } = deployment.metadata;
  const replicas = sumOf(all, "living");
  const available = sumOf(all, "available");
  const counts = countsOf({
    replicas,
    updatedReplicas: current?.living ?? 0,
    readyReplicas: sumOf(all, "ready"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, replicas - available),
  });
  const before = statusOf(deployment);
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const sight = { deployment, revisions, wallMs, before, counts };
  const { condition: progress, againInMs } = progressOf(sight);
  const conditions = [availabilityOf(sight, available), ...progress, ...failuresOf(all)].map(
    (condition) => timed(condition, sight),
  );
  return { status: { ...observed, ...counts, conditions }, againInMs };
}

/** The status as text that does not change with the time of day. */
export function statusText({ conditions, ...status }: DeploymentStatus): string {
  const timeless = conditions?.map(({ type, status: is, reason, message }) => [
    type,
    is,
    reason,
    message,
  ]);
  return canonicalJson({ ...status, conditions: timeless });
}

interface Sight {
  readonly deployment: Deployment;
  readonly revisions: Revisions;
  readonly wallMs: number;
  readonly before: DeploymentStatus;
  readonly counts: DeploymentStatus;
}

function statusOf({ status }: Deployment): DeploymentStatus {
  return isJsonObject(status) ? status : {};
}

function availabilityOf({ deployment }: Sight, available: number): DeploymentCondition {
  const { replicas = 1 } = deployment.spec;
  const isEnough = available >= replicas - allowanceOf(deployment).unavailable;
  return {
    type: "Available",
    status: isEnough ? "True" : "False",
    reason: isEnough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: isEnough
      ? "Deployment has minimum availability."
      : "Deployment does not have minimum availability.",
  };
}

/** That a ReplicaSet cannot make its pods is told of its Deployment, the newest first. */
function failuresOf(revisions: readonly Revision[]): readonly DeploymentCondition[] {
  return revisions
    .toReversed()
    .flatMap(({ set }) => objectsAt(set.status, "conditions"))
    .filter((condition) => textAt(condition, "type") === failureType)
    .slice(0, 1)
    .map((condition) => ({
      type: failureType,
      status: "True",
      reason: textAt(condition, "reason"),
      message: textAt(condition, "message"),
    }));
}

interface Told {
  readonly condition: readonly DeploymentCondition[];
  readonly againInMs: number;
}

function progressOf(sight: Sight): Told {
  const { deployment, revisions, before } = sight;
  const last = before.conditions?.find(({ type }) => type === "Progressing");
  if (deployment.spec.paused === true) {
    return tell("Unknown", "DeploymentPaused", "Deployment is paused");
  }
  const { current } = revisions;
  const name =
    current === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${current.set.metadata.name}"`;
  if (isComplete(sight)) {
    const message = `${name} has successfully progressed.`;
    return tell("True", "NewReplicaSetAvailable", message);
  }
  const isSeen = before.observedGeneration === deployment.metadata.generation;
  if (!isSeen || last === undefined || last.reason === "DeploymentPaused") {
    return progressing(name, sight);
  }
  return isMoving(last, sight) ? progressing(name, sight) : standstill(last, name, sight);
}

/** What was complete stays told as such, whatever happens to single pods. */
function isMoving({ reason }: DeploymentCondition, { before, counts }: Sight): boolean {
  return reason !== "NewReplicaSetAvailable" && hasProgressed(before, counts);
}

function progressing(name: string, { wallMs }: Sight): Told {
  const told = tell("True", "ReplicaSetUpdated", `${name} is progressing.`);
  const lastUpdateTime = timestampOf(wallMs);
  return { ...told, condition: told.condition.map((each) => ({ ...each, lastUpdateTime })) };
}

/** Nothing has moved: all is told as it was, until the deadline. */
function standstill(last: DeploymentCondition, name: string, sight: Sight): Told {
  const { deployment, wallMs } = sight;
  if (last.reason !== "ReplicaSetUpdated") return { condition: [last], againInMs: Infinity };
  const { progressDeadlineSeconds = progressDeadlineSecondsDefault } = deployment.spec;
  const sinceMs = wallMsOf(last.lastUpdateTime) ?? wallMs;
  const leftMs = sinceMs + progressDeadlineSeconds * 1000 - wallMs;
  if (leftMs > 0) return { condition: [last], againInMs: leftMs };
  const message = `${name} has timed out progressing.`;
  return tell("False", "ProgressDeadlineExceeded", message);
}

function tell(status: Condition["status"], reason: string, message: string): Told {
  return { condition: [{ type: "Progressing", status, reason, message }], againInMs: Infinity };
}

function isComplete({ deployment, counts }: Sight): boolean {
  const { replicas = 1 } = deployment.spec;
  const { replicas: all = 0, updatedReplicas = 0, availableReplicas = 0 } = counts;
  return updatedReplicas === replicas && all === replicas && availableReplicas >= replicas;
}

function hasProgressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const olds = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number =>
    replicas - updatedReplicas;
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    olds(now) < olds(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function timed(condition: DeploymentCondition, { before, wallMs }: Sight): DeploymentCondition {
  const last = before.conditions?.find(({ type }) => type === condition.type);
  const moment = timestampOf(wallMs);
  const isSame = last?.status === condition.status;
  const isSameReason = isSame && last?.reason === condition.reason;
  return {
    lastUpdateTime: isSameReason ? (last?.lastUpdateTime ?? moment) : moment,
    ...condition,
    lastTransitionTime: isSame ? (last?.lastTransitionTime ?? moment) : moment,
  };
}

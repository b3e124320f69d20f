import type { Condition, Job } from "@beemesh/model";
import type { Tally } from "./job-pods.ts";
import { successRuleOf } from "./job-success.ts";
import { wallMsOf } from "./timestamp.ts";

/** Whether a Job goes on; or how it has ended, in Kubernetes' words. */
export type Verdict =
  | { readonly kind: "going" }
  | { readonly kind: "complete" | "failed"; readonly reason: string; readonly message: string };

/** Kubernetes' own default. */
const backoffLimitDefault = 6;

/**
 * Whether a Job has come to its end. What is to become of it was told before its pods were ended,
 * and stays so. Failures come before successes.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
 */
export function verdictOf(job: Job, tally: Tally, wallMs: number): Verdict {
  const failure = failureOf(job, tally, wallMs);
  return (
    told(job, "complete", "SuccessCriteriaMet") ??
    told(job, "failed", "FailureTarget") ??
    (failure && { kind: "failed", ...failure }) ??
    successOf(job, tally)
  );
}

interface Why {
  readonly reason: string;
  readonly message: string;
}

function told(job: Job, kind: "complete" | "failed", type: string): Verdict | undefined {
  const condition = conditionOf(job, type);
  if (condition === undefined) return undefined;
  return { kind, reason: condition.reason ?? "", message: condition.message ?? "" };
}

function failureOf(job: Job, tally: Tally, wallMs: number): Why | undefined {
  const fatal = tally.pods.find(({ judgement }) => judgement?.action === "FailJob");
  if (fatal !== undefined) {
    return { reason: "PodFailurePolicy", message: fatal.judgement?.message ?? "" };
  }
  if (isPastLimit(job, tally)) {
    const message = "Job has reached the specified backoff limit";
    return { reason: "BackoffLimitExceeded", message };
  }
  if (deadlineInMs(job, wallMs) <= 0) {
    const message = "Job was active longer than specified deadline";
    return { reason: "DeadlineExceeded", message };
  }
  return indexFailureOf(job, tally);
}

/** Too many indexes have failed for good; or some have, and all others have succeeded. */
function indexFailureOf({ spec }: Job, { given, done }: Tally): Why | undefined {
  const { completions = 0, maxFailedIndexes = Infinity } = spec;
  if (given.size > maxFailedIndexes) {
    const message = "Job has exceeded the specified maximal number of failed indexes";
    return { reason: "MaxFailedIndexesExceeded", message };
  }
  if (given.size === 0 || given.size + done.size < completions) return undefined;
  return { reason: "FailedIndexes", message: "Job has failed indexes" };
}

function successOf(job: Job, tally: Tally): Verdict {
  const rule = successRuleOf(job, tally.done);
  if (rule !== undefined) {
    const message = `Matched rules at index ${rule}`;
    return { kind: "complete", reason: "SuccessPolicy", message };
  }
  if (!isComplete(job, tally)) return { kind: "going" };
  const message = "Reached expected number of succeeded pods";
  return { kind: "complete", reason: "CompletionsReached", message };
}

/** Whether a Job has told its end. */
export function isFinished(job: Job): boolean {
  return conditionOf(job, "Complete") !== undefined || conditionOf(job, "Failed") !== undefined;
}

/** The condition of that type, if it is true. */
export function conditionOf({ status }: Job, type: string): Condition | undefined {
  return status?.conditions?.find((each) => each.type === type && each.status === "True");
}

/** How long until the Job has been active for too long; Infinity if that will not be. */
export function deadlineInMs({ spec, status }: Job, wallMs: number): number {
  const startMs = wallMsOf(status?.startTime);
  const { activeDeadlineSeconds, suspend = false } = spec;
  if (activeDeadlineSeconds === undefined || startMs === undefined || suspend) return Infinity;
  return startMs + activeDeadlineSeconds * 1000 - wallMs;
}

function isPastLimit({ spec }: Job, { pods, failed }: Tally): boolean {
  const { backoffLimit = backoffLimitDefault, template } = spec;
  if (failed > backoffLimit) return true;
  if (template.spec.restartPolicy !== "OnFailure") return false;
  const restarts = pods
    .filter(({ state }) => state === "active")
    .flatMap(({ pod: { status } }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return restarts > 0 && restarts >= backoffLimit;
}

/** The pods of a work queue know themselves when all is done: then one ends well, and then all. */
function isComplete({ spec }: Job, { pods, done }: Tally): boolean {
  if (spec.completions !== undefined) return done.size >= spec.completions;
  return done.size > 0 && !pods.some(({ state }) => state === "active" || state === "lost");
}

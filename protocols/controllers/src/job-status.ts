import type { Condition, Job, JobStatus } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { indexesText } from "./index-set.ts";
import type { Tally } from "./job-pods.ts";
import { conditionOf, type Verdict } from "./job-verdict.ts";
import { isReady } from "./pod-facts.ts";
import { timestampOf } from "./timestamp.ts";

/** What changes in a Job that people should be told. */
export interface JobNews {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** The status of a Job: counts, what has succeeded, and what its conditions say. */
export function jobStatus(
  job: Job,
  { tally, verdict, wallMs }: { tally: Tally; verdict: Verdict; wallMs: number },
): { readonly status: JobStatus; readonly news: readonly JobNews[] } {
  const before = job.status ?? {};
  const { conditions, news } = conditionsOf(job, { tally, verdict, wallMs });
  const moment = timestampOf(wallMs);
  const isResumed = news.some(({ reason }) => reason === "Resumed");
  const startTime = isResumed ? moment : (before.startTime ?? startOf(job, moment));
  const isComplete = conditions.some(({ type }) => type === "Complete");
  return {
    status: {
      ...(conditions.length === 0 ? {} : { conditions }),
      ...(startTime === undefined ? {} : { startTime }),
      ...(isComplete ? { completionTime: moment } : {}),
      ...countsOf(tally),
      ...(job.spec.backoffLimitPerIndex === undefined
        ? {}
        : { failedIndexes: indexesText(tally.given) }),
      uncountedTerminatedPods: {},
    },
    news,
  };
}

/** A status as text that does not change with the time of day. */
export function jobStatusText(status: JobStatus): string {
  const { conditions, startTime, completionTime, ...counts } = status;
  const timeless = conditions?.map(({ type, status: is, reason, message }) => [
    type,
    is,
    reason,
    message,
  ]);
  const has = [startTime, completionTime].map((time) => time !== undefined);
  return canonicalJson({ ...counts, conditions: timeless ?? [], has });
}

function startOf({ spec }: Job, moment: string): string | undefined {
  return spec.suspend === true ? undefined : moment;
}

/** None is left out that Kubernetes always has, and none is 0 that it leaves out. */
function countsOf({ pods, done, failed }: Tally): JobStatus {
  const active = pods.filter(({ state }) => state === "active" || state === "lost");
  const leaving = pods.filter(({ state }) => state === "leaving" || state === "dismissed");
  return {
    ...(active.length === 0 ? {} : { active: active.length }),
    ready: active.filter(({ pod, state }) => state === "active" && isReady(pod)).length,
    terminating: leaving.length,
    ...(done.size === 0 ? {} : { succeeded: done.size, completedIndexes: indexesText(done) }),
    ...(failed === 0 ? {} : { failed }),
  };
}

interface Sight {
  readonly tally: Tally;
  readonly verdict: Verdict;
  readonly wallMs: number;
}

/** First what is to become of the Job; that it has, when none of its pods runs any more. */
function conditionsOf(
  job: Job,
  { tally, verdict, wallMs }: Sight,
): { readonly conditions: readonly Condition[]; readonly news: readonly JobNews[] } {
  const moment = timestampOf(wallMs);
  const conditions = [...(job.status?.conditions ?? [])];
  const tell = (type: string, status: "True" | "False", why: object): void => {
    const index = conditions.findIndex((each) => each.type === type);
    if (conditions[index]?.status === status) return;
    const told = { type, status, lastProbeTime: moment, lastTransitionTime: moment, ...why };
    conditions.splice(index < 0 ? conditions.length : index, index < 0 ? 0 : 1, told);
  };
  const news = suspension(job, verdict);
  for (const { reason, message } of news) {
    const isNow = reason === "Suspended";
    tell("Suspended", isNow ? "True" : "False", { reason: `Job${reason}`, message });
  }
  if (verdict.kind === "going") return { conditions, news };
  const { kind, reason, message } = verdict;
  const [target, end] =
    kind === "failed" ? ["FailureTarget", "Failed"] : ["SuccessCriteriaMet", "Complete"];
  tell(target, "True", { reason, message });
  const isRunning = tally.pods.some(({ state }) => stillThere.has(state));
  if (isRunning) return { conditions, news };
  tell(end, "True", { reason, message });
  const told: JobNews =
    kind === "failed"
      ? { type: "Warning", reason, message }
      : { type: "Normal", reason: "Completed", message: "Job completed" };
  return { conditions, news: [...news, told] };
}

/** States of pods that may still run, or run again. */
const stillThere: ReadonlySet<string> = new Set(["active", "lost", "leaving", "dismissed"]);

function suspension(job: Job, verdict: Verdict): readonly JobNews[] {
  const was = conditionOf(job, "Suspended") !== undefined;
  const is = job.spec.suspend === true && verdict.kind === "going";
  if (was === is || (was && verdict.kind !== "going")) return [];
  return is
    ? [{ type: "Normal", reason: "Suspended", message: "Job suspended" }]
    : [{ type: "Normal", reason: "Resumed", message: "Job resumed" }];
}

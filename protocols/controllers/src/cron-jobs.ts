import {
  type CronJob,
  isCronJob,
  isJob,
  type Job,
  jobOfCronJob,
  parseSchedule,
  type Schedule,
} from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";
import { conditionOf, isFinished } from "./job-verdict.ts";
import { cronJobResource, jobResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { timestampOf, wallMsOf } from "./timestamp.ts";
import {
  controlledBy,
  deleting,
  type Findings,
  fine,
  isEnding,
  isNamespaceEnding,
  type Look,
  putting,
  puttingStatus,
  refOf,
  type View,
  withEvent,
} from "./view.ts";

/** Kubernetes' own defaults: finished Jobs that are kept. */
const successfulHistoryDefault = 3;
const failedHistoryDefault = 1;

/**
 * How long it is told of a Job that it may not be made yet, and by the first keeper alone:
 * whoever writes Events folds what is repeated so soon.
 */
const toldMs = 8000;
const toldPatienceMs = 60_000;

/** Times that are looked through for the last that was missed. */
const missedMax = 10_000;

/**
 * Makes a Job each time that a CronJob's schedule says so. The Job's name and uid are computed
 * from the time, so that keepers who make it make one.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
export const lookAtCronJob: Look = (object, view) => {
  if (!isCronJob(object) || isEnding(object)) return fine;
  const schedule = parseSchedule(object.spec.schedule);
  if (!schedule.ok) return fine;
  const jobs = jobsOf(object, view);
  const due = dueAt(object, schedule.value, view.now.wallMs);
  const start = due === undefined ? undefined : startOf(object, { jobs, due }, view);
  const status = statusOf(object, jobs, start === undefined ? undefined : due);
  return {
    actions: [
      ...(start ?? []),
      ...(due === undefined ? [] : postponement(object, { jobs, due }, view)),
      ...forgetting(object, jobs, view),
      ...report(object, status),
    ],
    ...againIn(object, schedule.value, view),
  };
};

/** The Jobs of a CronJob, the oldest first. */
function jobsOf({ metadata }: CronJob, { census }: View): readonly Job[] {
  const { uid = "" } = metadata;
  return controlledBy(uid, census)
    .filter(isJob)
    .toSorted((a, b) => bornMsOf(a) - bornMsOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}

function bornMsOf({ metadata }: Job): number {
  return wallMsOf(metadata.creationTimestamp) ?? 0;
}

/** The last time that is over and for which no Job was made; undefined if none is owed. */
function dueAt({ spec, status, metadata }: CronJob, schedule: Schedule, wallMs: number) {
  if (spec.suspend === true) return undefined;
  const { startingDeadlineSeconds: deadline, timeZone = "" } = spec;
  const seenMs = wallMsOf(status?.lastScheduleTime ?? metadata.creationTimestamp) ?? wallMs;
  const sinceMs = deadline === undefined ? seenMs : Math.max(seenMs, wallMs - deadline * 1000 - 1);
  const next = (ms: number): number => schedule.next(ms, timeZone) ?? Infinity;
  const first = next(sinceMs);
  if (first > wallMs) return undefined;
  // Of many that were missed the last one counts; those long before it are passed over.
  const gapMs = next(first) - first;
  const passed = Math.floor((wallMs - first) / gapMs);
  let due = first;
  let at = passed > 1 ? next(first + (passed - 1) * gapMs - 1) : next(first);
  for (let step = 0; step < missedMax && at <= wallMs; step += 1) {
    due = at;
    at = next(at);
  }
  return due;
}

interface Occasion {
  readonly jobs: readonly Job[];
  readonly due: number;
}

/** What to do about a time that has come; undefined if its Job may not be made now. */
function startOf(cronJob: CronJob, { jobs, due }: Occasion, view: View): Action[] | undefined {
  const { concurrencyPolicy } = cronJob.spec;
  const job = jobOfCronJob(cronJob, due);
  const { name, namespace = "" } = job.metadata;
  if (isNamespaceEnding(cronJob, view)) return undefined;
  if (view.store.get(jobResource, namespace, name) !== undefined) return [];
  if (isForbidden(cronJob, jobs)) return undefined;
  const running = concurrencyPolicy === "Replace" ? jobs.filter((each) => !isFinished(each)) : [];
  const replaced = running.flatMap((each) => removal(cronJob, each, view));
  const creationTimestamp = timestampOf(view.now.wallMs);
  const whole = { ...job, metadata: { ...job.metadata, creationTimestamp } };
  const action = putting(`create ${name}`, jobResource, whole);
  return [...replaced, withEvent(action, cronJob, "SuccessfulCreate", `Created job ${name}`)];
}

function isForbidden({ spec }: CronJob, jobs: readonly Job[]): boolean {
  return spec.concurrencyPolicy === "Forbid" && jobs.some((each) => !isFinished(each));
}

/** Tells that a time has come, and that the Job of the last one is in the way. */
function postponement(cronJob: CronJob, { jobs, due }: Occasion, { now }: View): Action[] {
  if (!isForbidden(cronJob, jobs) || now.wallMs - due > toldMs) return [];
  const message =
    "Not starting job because prior execution is running and concurrency policy is Forbid";
  const told = { type: "Normal", reason: "JobAlreadyActive", message } as const;
  const effects = [{ kind: "event", object: refOf(cronJob), ...told } as const];
  return [{ id: `postpone ${due}`, patienceMs: toldPatienceMs, effects }];
}

function removal(cronJob: CronJob, job: Job, { now }: View): Action[] {
  const action = deleting(jobResource, job, now);
  if (action === undefined) return [];
  const message = `Deleted job ${job.metadata.name}`;
  return [withEvent(action, cronJob, "SuccessfulDelete", message)];
}

/** Of the Jobs that have finished only the last few stay. */
function forgetting(cronJob: CronJob, jobs: readonly Job[], view: View): Action[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const beyond = (type: string, limit: number): readonly Job[] => {
    const finished = jobs.filter((job) => conditionOf(job, type) !== undefined);
    return finished.slice(0, Math.max(0, finished.length - limit));
  };
  return [
    ...beyond("Complete", successfulJobsHistoryLimit ?? successfulHistoryDefault),
    ...beyond("Failed", failedJobsHistoryLimit ?? failedHistoryDefault),
  ].flatMap((job) => removal(cronJob, job, view));
}

function statusOf(
  { status }: CronJob,
  jobs: readonly Job[],
  scheduledMs: number | undefined,
): NonNullable<CronJob["status"]> {
  const active = jobs.filter((job) => !isFinished(job) && !isEnding(job)).map(refOf);
  const scheduled = scheduledMs === undefined ? status?.lastScheduleTime : timestampOf(scheduledMs);
  const ends = jobs.flatMap((job) => job.status?.completionTime ?? []);
  const successful = [status?.lastSuccessfulTime ?? "", ...ends].toSorted(byTime).at(-1) ?? "";
  return {
    ...(active.length === 0 ? {} : { active }),
    ...(scheduled === undefined ? {} : { lastScheduleTime: scheduled }),
    ...(successful === "" ? {} : { lastSuccessfulTime: successful }),
  };
}

function byTime(a: string, b: string): number {
  return (wallMsOf(a) ?? 0) - (wallMsOf(b) ?? 0);
}

function report(cronJob: CronJob, status: object): Action[] {
  const text = canonicalJson(status);
  if (text === canonicalJson(cronJob.status ?? {})) return [];
  return [puttingStatus(`status ${text}`, cronJobResource, { ...cronJob, status })];
}

function againIn(cronJob: CronJob, schedule: Schedule, { now }: View): Partial<Findings> {
  const { suspend, timeZone = "" } = cronJob.spec;
  const nextMs = suspend === true ? undefined : schedule.next(now.wallMs, timeZone);
  return nextMs === undefined ? {} : { againInMs: nextMs - now.wallMs };
}

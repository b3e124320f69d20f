/**
 * What a Job's specification gives by computation. A Job has one slot for each completion, and a
 * slot has one pod after another: attempt 0, and the next one when it has failed. Slot and attempt
 * give the pod's name, so that two who act do one thing.
 */
import { assert, shortName } from "@beemesh/base";
import type { Json, JsonObject } from "@beemesh/wire";
import { defaults } from "./defaults.ts";
import {
  controllerReference,
  countIn,
  derivedUid,
  podOfTemplate,
  slotAnnotation,
} from "./derivation.ts";
import { objectAt, objectsAt, textAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Pod } from "./pod.ts";
import { resourceOfKind } from "./resource.ts";
import { formatTime } from "./time-text.ts";
import { type CronJob, isJob, type Job } from "./workload.ts";
import { labelsAt } from "./workload-rules.ts";

/** The annotation of a Job's pod: which attempt of its slot it is, from 0. */
export const attemptAnnotation = "beemesh.io/attempt";

/** The annotation of a Job's pod: how many attempts before it count as no failure, if any. */
const ignoredAnnotation = "beemesh.io/ignored-attempts";

/**
 * The annotations of a pod whose index has a limit of its own: how many pods of the index have
 * failed before it, those that count and, if there are any, those that do not.
 */
const failuresAnnotation = "batch.kubernetes.io/job-index-failure-count";
const ignoredFailuresAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

/** The annotation and label of an Indexed Job's pod: its index. */
const indexAnnotation = "batch.kubernetes.io/job-completion-index";

/** The environment variable of an Indexed Job's containers: its index. */
const indexVariable = "JOB_COMPLETION_INDEX";

/** The labels of a Job's pods; those without a prefix are older. */
const uidLabels = ["batch.kubernetes.io/controller-uid", "controller-uid"];
const nameLabels = ["batch.kubernetes.io/job-name", "job-name"];

/** The annotation of a CronJob's Job: for when it was scheduled. */
const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/** A host name is one label of DNS (RFC 1035). */
const hostnameLengthMax = 63;

const nameSuffixLength = 5;

/** Which of a Job's pods. */
export interface JobPlace {
  /** From 0; the index of an Indexed Job. */
  readonly slot: number;
  /** From 0. */
  readonly attempt: number;
  /** How many of the attempts before it count as no failure; none if absent. */
  readonly ignored?: number;
}

/**
 * A new Job with what makes its pods its own: the labels of its uid and name in the template, and
 * a selector of its uid. One whose author looks after that (`manualSelector`) stays as it is.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-selector
 */
export function withJobSelector(job: KubeObject): KubeObject {
  if (!isJob(job) || objectAt(job, "spec")?.["manualSelector"] === true) return job;
  const { name, uid = "" } = job.metadata;
  const [uidLabel = ""] = uidLabels;
  const own = Object.fromEntries([
    ...uidLabels.map((label) => [label, uid]),
    ...nameLabels.map((label) => [label, name]),
  ]);
  const { template, selector } = job.spec;
  const labels = { ...labelsAt(template, "metadata", "labels"), ...own };
  const matchLabels = { ...labelsAt(selector, "matchLabels"), [uidLabel]: uid };
  const spec = {
    ...job.spec,
    selector: { ...selector, matchLabels },
    template: { ...template, metadata: { ...template.metadata, labels } },
  };
  return { ...job, spec };
}

/**
 * The Job that a CronJob wants for a scheduled time, with computed name and uid: so two who make
 * it make one. As kube-controller-manager, it counts the minutes since 1970.
 */
export function jobOfCronJob(cronJob: CronJob, scheduledMs: number): KubeObject {
  const { name, namespace = "", uid = "" } = cronJob.metadata;
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  const minutes = Math.floor(scheduledMs / 60_000);
  const resource = resourceOfKind("batch/v1", "Job");
  assert(resource !== undefined, "jobs are served");
  const annotations = { ...metadata.annotations, [scheduledAnnotation]: formatTime(scheduledMs) };
  const job = defaults(resource, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `${name}-${minutes}`,
      namespace,
      uid: derivedUid(`${uid}/${minutes}`),
      generation: 1,
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: labelsAt({ annotations }, "annotations"),
      ownerReferences: [controllerReference(cronJob)],
    },
    spec,
  });
  return withJobSelector(job);
}

/** The name of the pod in a place of a Job, from the Job's name and uid. */
export function jobPodName({ metadata }: KubeObject, { slot, attempt }: JobPlace): string {
  const { name, uid = "" } = metadata;
  return `${name}-${slot}-${shortName(`${uid}/${slot}/${attempt}`, nameSuffixLength)}`;
}

/**
 * The pod in a place of a Job, exactly as the Job's template says, with its defaults. Without a
 * node, a status or a timestamp. `uid` is of this pod; another in the same place has another.
 */
export function deriveJobPod(job: Job, place: JobPlace, uid: string): Pod {
  const index = String(place.slot);
  const isIndexed = job.spec.completionMode === "Indexed";
  const indexMark: Record<string, string> = isIndexed ? { [indexAnnotation]: index } : {};
  const { ignored = 0 } = place;
  const marks = {
    name: jobPodName(job, place),
    uid,
    labels: indexMark,
    annotations: {
      ...indexMark,
      [slotAnnotation]: index,
      [attemptAnnotation]: String(place.attempt),
      ...(ignored === 0 ? {} : { [ignoredAnnotation]: String(ignored) }),
      ...(job.spec.backoffLimitPerIndex === undefined ? {} : failureMarks(place)),
    },
  };
  if (!isIndexed) return podOfTemplate(job, marks);
  return podOfTemplate(job, marks, (spec) => indexed(spec, `${job.metadata.name}-${index}`));
}

/** The place that a derived pod says it has; undefined if it says none. */
export function jobPlaceOf(pod: KubeObject): JobPlace | undefined {
  const slot = countIn(pod, slotAnnotation);
  const attempt = countIn(pod, attemptAnnotation);
  const ignored = countIn(pod, ignoredAnnotation) ?? 0;
  if (slot === undefined || attempt === undefined || ignored > attempt) return undefined;
  return ignored === 0 ? { slot, attempt } : { slot, attempt, ignored };
}

function failureMarks({ attempt, ignored = 0 }: JobPlace): Readonly<Record<string, string>> {
  return {
    [failuresAnnotation]: String(attempt - ignored),
    ...(ignored === 0 ? {} : { [ignoredFailuresAnnotation]: String(ignored) }),
  };
}

/** Each container learns the index, and the pod is called by it. */
function indexed(spec: JsonObject, hostname: string): JsonObject {
  const lists = ["containers", "initContainers"].filter((list) => Array.isArray(spec[list]));
  const changed = lists.map((list): [string, Json] => [
    list,
    objectsAt(spec, list).map(withIndexVariable),
  ]);
  const named = textAt(spec, "hostname") === "" ? hostname.slice(0, hostnameLengthMax) : undefined;
  return {
    ...spec,
    ...Object.fromEntries(changed),
    ...(named === undefined ? {} : { hostname: named }),
  };
}

function withIndexVariable(container: JsonObject): JsonObject {
  const env = objectsAt(container, "env");
  if (env.some((variable) => textAt(variable, "name") === indexVariable)) return container;
  const fieldPath = `metadata.annotations['${indexAnnotation}']`;
  return {
    ...container,
    env: [...env, { name: indexVariable, valueFrom: { fieldRef: { fieldPath } } }],
  };
}

import {
  isPod,
  type Job,
  type JobPlace,
  jobPlaceOf,
  jobPodName,
  matches,
  type Pod,
  selectorOf,
} from "@beemesh/model";
import { readIndexes } from "./index-set.ts";
import { type Judgement, judgementOf } from "./job-failure.ts";
import { isLost, isOver } from "./pod-facts.ts";
import { controlledBy, isEnding, type View } from "./view.ts";

/** Annotation of a pod that its Job's controller ends itself: that is no failure of the pod. */
export const dismissedAnnotation = "beemesh.io/dismissed";

/**
 * What has become of a pod of a Job. `lost` is one whose machine or sandbox has vanished, which
 * is a disruption and no failure: it is replaced under its own name, and does not count.
 * Kubernetes has it so for a Job whose podFailurePolicy ignores `DisruptionTarget`.
 */
type JobPodState = "active" | "lost" | "succeeded" | "failed" | "leaving" | "dismissed";

/** A pod of a Job, in its place. */
export interface JobPod extends JobPlace {
  readonly pod: Pod;
  readonly state: JobPodState;
  /** What the Job makes of it, if it has failed. */
  readonly judgement?: Judgement;
}

/** Where a Job stands, by its pods. */
export interface Tally {
  /** By slot, and by attempt. */
  readonly pods: readonly JobPod[];
  /** Pods that name the Job as their owner, are selected by it, and have no place in it. */
  readonly foreign: readonly Pod[];
  /** Pods in their places that no controller owns: they count as the Job's, and become it. */
  readonly orphans: readonly Pod[];
  /** Pods that the Job owns and does not select any more. */
  readonly released: readonly Pod[];
  /** The pods of each slot, the latest attempt last. */
  readonly slots: ReadonlyMap<number, readonly JobPod[]>;
  /** The slots that have succeeded, as its status tells too. */
  readonly done: ReadonlySet<number>;
  /**
   * The indexes that have failed for good, as its status tells too; none unless each has a limit
   * of its own.
   */
  readonly given: ReadonlySet<number>;
  /** Attempts that have failed, as its status tells too. */
  readonly failed: number;
  /** How many of these only the status tells: their pods are no more. */
  readonly unseen: number;
}

/**
 * Counts the pods of a Job. What was told once stays so, also when its pod is no more; and an
 * attempt is made only when the one before has failed, so that failures are known by it, too.
 */
export function tallyOf(job: Job, view: View): Tally {
  const { owned, released, orphans } = podsOf(job, view);
  const placed = [...owned, ...orphans]
    .flatMap((pod) => placedPod(job, pod, view))
    .toSorted((a, b) => a.slot - b.slot || a.attempt - b.attempt);
  const slots = Map.groupBy(placed, ({ slot }) => slot);
  const end = slotsOf(job);
  const done = readIndexes(job.status?.completedIndexes ?? "", end);
  for (const { slot, state } of placed) if (state === "succeeded" && slot < end) done.add(slot);
  const failures = [...slots.values()].map((pods) => failuresOf(pods.at(-1)));
  const seen = failures.reduce((sum, count) => sum + count, 0);
  const failed = Math.max(job.status?.failed ?? 0, seen);
  return {
    pods: placed,
    foreign: owned.filter((pod) => !isPlaced(job, pod)),
    orphans,
    released,
    slots,
    done,
    given: givenUp(job, placed).difference(done),
    failed,
    unseen: failed - seen,
  };
}

/** How many slots there are; a work queue has as many as it takes. */
export function slotsOf({ spec }: Job): number {
  return spec.completions ?? slotsMax;
}

/** No Job has more slots; validation sees to that for completions. */
const slotsMax = 100_000;

/** Whether a pod that is being deleted, and has not ended yet, counts as failed. */
export function replacesLeaving({ spec }: Job): boolean {
  return spec.podReplacementPolicy !== "Failed";
}

/** Whose pods are whose: a Job keeps what it selects, and takes none that is not in its place. */
function podsOf(job: Job, { census }: View): Pick<Tally, "orphans" | "released"> & Owned {
  const { uid = "", namespace = "" } = job.metadata;
  const all = controlledBy(uid, census).filter(isPod);
  if (job.spec.selector === undefined) return { owned: all, released: [], orphans: [] };
  const selector = selectorOf(job.spec.selector);
  const isMember = ({ metadata }: Pod): boolean => matches(selector, metadata.labels);
  return {
    owned: all.filter(isMember),
    released: all.filter((pod) => !isMember(pod)),
    orphans: census
      .barePods(namespace)
      .filter((pod) => !isEnding(pod) && isMember(pod) && isPlaced(job, pod)),
  };
}

interface Owned {
  /** The pods of the Job that it selects. */
  readonly owned: readonly Pod[];
}

function isPlaced(job: Job, pod: Pod): boolean {
  const place = jobPlaceOf(pod);
  return place !== undefined && jobPodName(job, place) === pod.metadata.name;
}

function placedPod(job: Job, pod: Pod, view: View): JobPod[] {
  const place = jobPlaceOf(pod);
  if (place === undefined || !isPlaced(job, pod)) return [];
  const state = stateOf(pod, view);
  const hasFailed = state === "failed" || (state === "leaving" && replacesLeaving(job));
  const found = { ...place, pod, state };
  return [hasFailed ? { ...found, judgement: judgementOf(job, pod) } : found];
}

function stateOf(pod: Pod, { members }: View): JobPodState {
  const { phase, reason } = pod.status ?? {};
  if (phase === "Succeeded") return "succeeded";
  if (isEnding(pod) && pod.metadata.annotations?.[dismissedAnnotation] !== undefined) {
    return "dismissed";
  }
  if (isOver(pod) && reason !== "Lost") return "failed";
  if (isEnding(pod)) return "leaving";
  return isLost(pod, members) ? "lost" : "active";
}

/** How many attempts of a slot have failed and count, by its last pod. */
function failuresOf(last: JobPod | undefined): number {
  if (last === undefined) return 0;
  const { attempt, ignored = 0, judgement } = last;
  const counts = judgement !== undefined && judgement.action !== "Ignore";
  return attempt - ignored + (counts ? 1 : 0);
}

/** The indexes that have failed as often as they may, or in a way that ends them at once. */
function givenUp(job: Job, placed: readonly JobPod[]): Set<number> {
  const { backoffLimitPerIndex: limit } = job.spec;
  if (limit === undefined) return new Set();
  const end = slotsOf(job);
  const given = readIndexes(job.status?.failedIndexes ?? "", end);
  for (const { slot, attempt, ignored = 0, judgement } of placed) {
    const { action } = judgement ?? {};
    const isPast = action !== undefined && action !== "Ignore" && attempt - ignored >= limit;
    if (slot < end && (action === "FailIndex" || isPast)) given.add(slot);
  }
  return given;
}

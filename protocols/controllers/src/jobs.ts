import { deriveJobPod, isJob, type Job, type JobPlace, jobPodName, type Pod } from "@beemesh/model";
import { asClone, causeOf, cloneWaitMs, made } from "./clones.ts";
import { backOffMs, slotBackOffMs } from "./job-back-off.ts";
import {
  dismissedAnnotation,
  type JobPod,
  replacesLeaving,
  slotsOf,
  type Tally,
  tallyOf,
} from "./job-pods.ts";
import { jobStatus, jobStatusText } from "./job-status.ts";
import { conditionOf, deadlineInMs, isFinished, type Verdict, verdictOf } from "./job-verdict.ts";
import { jobResource, podResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { refusing } from "./pod-gate.ts";
import { wallMsOf } from "./timestamp.ts";
import {
  adopting,
  deleting,
  type Findings,
  fine,
  isEnding,
  isNamespaceEnding,
  type Look,
  putting,
  puttingCounts,
  puttingStatus,
  refOf,
  releasing,
  type View,
  withEvent,
} from "./view.ts";
import { byWorth } from "./worth.ts";

/** Pods made in one look; the rest follows in the next. */
const burstMax = 500;

/** Names of other pods that are passed over before a slot waits for its name. */
const takenMax = 100;

/** Who looks after a Job that names nobody. */
const ownManager = "kubernetes.io/job-controller";

/**
 * Runs the pods of a Job to their end. Each completion is a slot, and each slot has one attempt
 * after another with a computed name, so that keepers who do the same do one thing.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export const lookAtJob: Look = (object, view) => {
  if (!isJob(object) || isEnding(object)) return fine;
  if ((object.spec.managedBy ?? ownManager) !== ownManager) return fine;
  const tally = tallyOf(object, view);
  if (isFinished(object)) return afterEnd(object, tally, view);
  const { wallMs } = view.now;
  const verdict = verdictOf(object, tally, wallMs);
  const work = workOf(object, { tally, verdict }, view);
  const actions = [
    ...tally.released.map((pod) => releasing(object, podResource, pod)),
    ...tally.orphans.map((pod) => adopting(object, podResource, pod)),
    ...work.actions,
    ...report(object, { tally, verdict }, view),
  ];
  const deadlineMs = verdict.kind === "going" ? deadlineInMs(object, wallMs) : Infinity;
  const againInMs = Math.min(work.againInMs ?? Infinity, deadlineMs);
  return againInMs < Infinity ? { actions, againInMs } : { actions };
};

interface Sight {
  readonly tally: Tally;
  readonly verdict: Verdict;
}

/** Of a finished Job nothing runs, and after a while it goes itself. */
function afterEnd(job: Job, tally: Tally, view: View): Findings {
  const actions = dismissals(job, running(tally), view);
  const { ttlSecondsAfterFinished: seconds } = job.spec;
  const end = conditionOf(job, "Complete") ?? conditionOf(job, "Failed");
  if (seconds === undefined) return { actions };
  const { wallMs } = view.now;
  const endedMs = wallMsOf(end?.lastTransitionTime) ?? wallMs;
  const leftMs = Math.min(endedMs - wallMs, 0) + seconds * 1000;
  if (leftMs > 0) return { actions, againInMs: leftMs };
  const removal = deleting(jobResource, job, view.now);
  return { actions: removal === undefined ? actions : [...actions, removal] };
}

function workOf(job: Job, { tally, verdict }: Sight, view: View): Findings {
  const foreign = tally.foreign.flatMap((pod) => deleting(podResource, pod, view.now) ?? []);
  if (verdict.kind !== "going" || job.spec.suspend === true) {
    return { actions: [...foreign, ...dismissals(job, running(tally), view)] };
  }
  const { kept, surplus } = sorted(job, tally, view);
  const clones = clonesFor(job, kept, view);
  const fresh = creations(job, { tally, kept }, view);
  const waits = [clones.againInMs, fresh.againInMs].map((ms) => ms ?? Infinity);
  const actions = [...dismissals(job, surplus, view), ...clones.actions, ...fresh.actions];
  return { actions: [...foreign, ...actions], againInMs: Math.min(...waits) };
}

/** The pods that run, or would if they were not lost. */
function running({ pods }: Tally): readonly JobPod[] {
  return pods.filter(({ state }) => state === "active" || state === "lost");
}

/** Which pods go on: one for a slot that is not done, and no more than are wanted. */
function sorted(
  job: Job,
  tally: Tally,
  view: View,
): { readonly kept: readonly JobPod[]; readonly surplus: readonly JobPod[] } {
  const all = running(tally);
  const latest = new Map(all.toSorted((a, b) => rankOf(a) - rankOf(b)).map((p) => [p.slot, p]));
  const useful = [...latest.values()].filter(
    ({ slot }) => !tally.done.has(slot) && !tally.given.has(slot) && slot < slotsOf(job),
  );
  const places = new Map(useful.map((each) => [each.pod, each]));
  const ranked = byWorth([...places.keys()], view).flatMap((pod) => places.get(pod) ?? []);
  const kept = new Set(ranked.slice(0, wantedOf(job, tally)));
  return { kept: [...kept], surplus: all.filter((each) => !kept.has(each)) };
}

/** Of the pods of a slot the last one stays: one that is not lost, of the latest attempt. */
function rankOf({ attempt, state }: JobPod): number {
  return attempt + (state === "lost" ? 0 : slotsMaxRank);
}

/** More attempts than any slot has. */
const slotsMaxRank = 1_000_000_000;

/** How many pods shall run at once. */
function wantedOf({ spec }: Job, { done }: Tally): number {
  const { completions, parallelism = 1 } = spec;
  if (completions !== undefined) return Math.max(0, Math.min(parallelism, completions - done.size));
  // Of a work queue nothing is started any more once a pod has ended well; what runs goes on.
  return parallelism;
}

interface Staff {
  readonly tally: Tally;
  readonly kept: readonly JobPod[];
}

function creations(job: Job, staff: Staff, view: View): Findings {
  const missing = missingOf(job, staff);
  if (missing <= 0 || isNamespaceEnding(job, view)) return fine;
  const free = freeSlots(job, staff, Math.min(missing, burstMax));
  if (job.spec.backoffLimitPerIndex !== undefined) return retries(job, { staff, free }, view);
  const { slots, unseen } = staff.tally;
  const waitMs = backOffMs(staff.tally, view.now.wallMs);
  if (waitMs > 0) return { actions: [], againInMs: waitMs };
  const places = free.map((slot, index) => {
    const place = nextPlace(slot, slots.get(slot)?.at(-1));
    // Failures whose pods are no more are carried on by the number of the next attempt.
    return index === 0 ? { ...place, attempt: place.attempt + unseen } : place;
  });
  return { actions: places.flatMap((place) => creation(job, place, view)) };
}

/** Indexes that have a limit of their own each wait for themselves. */
function retries(
  job: Job,
  { staff, free }: { readonly staff: Staff; readonly free: readonly number[] },
  view: View,
): Findings {
  const { slots } = staff.tally;
  const waits = free.map((slot) => {
    const last = slots.get(slot)?.at(-1);
    return { place: nextPlace(slot, last), waitMs: slotBackOffMs(last, view.now.wallMs) };
  });
  const due = waits.filter(({ waitMs }) => waitMs === 0);
  const later = waits.map(({ waitMs }) => waitMs).filter((ms) => ms > 0);
  const actions = due.flatMap(({ place }) => creation(job, place, view));
  return { actions, againInMs: Math.min(Infinity, ...later) };
}

/** The place after the last pod of a slot, which carries on what that did not count. */
function nextPlace(slot: number, last: JobPod | undefined): JobPlace {
  if (last === undefined) return { slot, attempt: 0 };
  const ignored = (last.ignored ?? 0) + (last.judgement?.action === "Ignore" ? 1 : 0);
  return { slot, attempt: last.attempt + 1, ignored };
}

/** How many pods are to be made, but for those that have to wait until others are gone. */
function missingOf(job: Job, { tally, kept }: Staff): number {
  const isQueueDone = job.spec.completions === undefined && tally.done.size > 0;
  if (isQueueDone) return 0;
  const held = replacesLeaving(job) ? 0 : blockedSlots(job, tally).size;
  return wantedOf(job, tally) - kept.length - held;
}

/** The first slots that are not done and have no pod. */
function freeSlots(job: Job, { tally, kept }: Staff, count: number): readonly number[] {
  const taken = new Set([
    ...blockedSlots(job, tally),
    ...kept.map(({ slot }) => slot),
    ...tally.done,
    ...tally.given,
  ]);
  const free: number[] = [];
  for (let slot = 0; free.length < count && slot < slotsOf(job); slot += 1) {
    if (!taken.has(slot)) free.push(slot);
  }
  return free;
}

/** Slots whose pod is ending, and whose next one has to wait for that. */
function blockedSlots(job: Job, { pods }: Tally): ReadonlySet<number> {
  const waitsFor = (state: JobPod["state"]): boolean =>
    state === "dismissed" || (state === "leaving" && !replacesLeaving(job));
  return new Set(pods.filter(({ state }) => waitsFor(state)).map(({ slot }) => slot));
}

function creation(job: Job, place: JobPlace, view: View): Action[] {
  if (view.gate.isFull(job)) return [];
  for (let passed = 0; passed < takenMax; passed += 1) {
    // An attempt that is passed over has not failed.
    const { slot, attempt, ignored = 0 } = place;
    const next = { slot, attempt: attempt + passed, ignored: ignored + passed };
    const name = jobPodName(job, next);
    if (view.store.get(podResource, job.metadata.namespace ?? "", name) !== undefined) continue;
    const entry = view.gate.awaited(job, name) ?? view.gate.admit(podOf(job, next, view));
    if (!entry.ok) return refusing(job, entry);
    const action = putting(`create ${name}`, podResource, entry.pod);
    return [withEvent(action, job, "SuccessfulCreate", `Created pod: ${name}`)];
  }
  return [];
}

function podOf(job: Job, place: JobPlace, { now, newUid }: View): Pod {
  const { slot, attempt } = place;
  return made(deriveJobPod(job, place, newUid(`${job.metadata.uid}/${slot}/${attempt}`)), now);
}

/** A lost pod is replaced under its own name: the machine may come back with it. */
function clonesFor(job: Job, kept: readonly JobPod[], view: View): Findings {
  if (isNamespaceEnding(job, view)) return fine;
  const waits = kept
    .filter(({ state }) => state === "lost")
    .map((lost) => ({ lost, waitMs: cloneWaitMs(lost.pod, view) }));
  const again = waits.map(({ waitMs }) => waitMs).filter((ms) => ms > 0);
  return {
    actions: waits
      .filter(({ waitMs }) => waitMs === 0)
      .flatMap(({ lost }) => clone(job, lost, view)),
    againInMs: Math.min(Infinity, ...again),
  };
}

function clone(job: Job, lost: JobPod, view: View): Action[] {
  const { pod } = lost;
  const { name, uid } = pod.metadata;
  const fresh = asClone(podOf(job, lost, view), pod, {
    cause: causeOf(pod, view),
    now: view.now,
  });
  const entry = view.gate.admit(fresh);
  if (!entry.ok) return refusing(job, entry);
  const action = putting(`clone ${uid}`, podResource, entry.pod);
  return [withEvent(action, job, "SuccessfulCreate", `Created pod: ${name} (replaces ${uid})`)];
}

/** Ends pods that are not wanted any more. That is no failure of theirs. */
function dismissals(job: Job, pods: readonly JobPod[], view: View): Action[] {
  return pods.flatMap(({ pod }): Action[] => {
    const annotations = { ...pod.metadata.annotations, [dismissedAnnotation]: "true" };
    const marked = { ...pod, metadata: { ...pod.metadata, annotations } };
    const action = deleting(podResource, marked, view.now);
    if (action === undefined) return [];
    const message = `Deleted pod: ${pod.metadata.name}`;
    return [withEvent(action, job, "SuccessfulDelete", message)];
  });
}

function report(job: Job, { tally, verdict }: Sight, view: View): Action[] {
  const { wallMs } = view.now;
  const { status, news } = jobStatus(job, { tally, verdict, wallMs });
  const text = jobStatusText(status);
  if (text === jobStatusText(job.status ?? {})) return [];
  const told = { ...job, status };
  const hasTold = (job.status?.conditions ?? []).length;
  const isNews = news.length > 0 || (status.conditions ?? []).length !== hasTold;
  if (!isNews) return [puttingCounts(text, jobResource, told)];
  const action = puttingStatus(`status ${text}`, jobResource, told);
  const events = news.map((each) => ({ kind: "event", object: refOf(job), ...each }) as const);
  return [{ ...action, effects: [...action.effects, ...events] }];
}

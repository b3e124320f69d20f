import type { Pod } from "@beemesh/model";
import type { JobPod, Tally } from "./job-pods.ts";
import { wallMsOf } from "./timestamp.ts";

/**
 * After a failure nothing is made for 10 s, doubled with each further one to 6 min; a success
 * starts over.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
 */
const backOffMsFirst = 10_000;
const backOffMsMax = 360_000;

/** How long no pod may be made because of those that have failed; 0 if one may be made now. */
export function backOffMs({ pods }: Tally, wallMs: number): number {
  const timesOf = (...states: readonly string[]): number[] =>
    pods.filter(({ state }) => states.includes(state)).map(({ pod }) => endedMsOf(pod));
  const successMs = latest(timesOf("succeeded"));
  const failures = timesOf("failed", "leaving").filter((endedMs) => endedMs > successMs);
  return leftMs(failures.length, latest(failures), wallMs);
}

/** The same for one slot alone, by the last pod that it has had. */
export function slotBackOffMs(last: JobPod | undefined, wallMs: number): number {
  if (last?.judgement === undefined) return 0;
  return leftMs(last.attempt + 1, endedMsOf(last.pod), wallMs);
}

function leftMs(failures: number, lastMs: number, wallMs: number): number {
  if (failures === 0) return 0;
  const delayMs = Math.min(backOffMsMax, backOffMsFirst * 2 ** (failures - 1));
  // Clocks differ: nothing waits for longer than its delay.
  return Math.min(delayMs, Math.max(0, lastMs + delayMs - wallMs));
}

/** When a pod came to its end, by the clock of its machine. */
function endedMsOf({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).flatMap(
    ({ state }) => wallMsOf(state.terminated?.finishedAt) ?? [],
  );
  if (ends.length > 0) return latest(ends);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = metadata;
  const deletedMs = wallMsOf(deletionTimestamp);
  if (deletedMs !== undefined) return deletedMs - deletionGracePeriodSeconds * 1000;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return wallMsOf(ready?.lastTransitionTime) ?? wallMsOf(creationTimestamp) ?? 0;
}

function latest(times: readonly number[]): number {
  return times.reduce((last, time) => Math.max(last, time), -Infinity);
}

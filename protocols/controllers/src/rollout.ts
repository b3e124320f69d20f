import { countIn, type Deployment } from "@beemesh/model";
import type { Revision, Revisions } from "./revisions.ts";
import { sumOf } from "./revisions.ts";

/** Annotation of a ReplicaSet: how many pods its Deployment wants in all. */
const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";

/** Annotation of a ReplicaSet: how many pods its Deployment may have while it is rolled out. */
const mostAnnotation = "deployment.kubernetes.io/max-replicas";

/** A ReplicaSet that is to have another size, or is to know of its Deployment's. */
export interface Resize {
  readonly revision: Revision;
  readonly to: number;
}

/** What a ReplicaSet is told of the size of its Deployment. */
export function sizeMarks(deployment: Deployment): Readonly<Record<string, string>> {
  const { replicas = 1 } = deployment.spec;
  return {
    [desiredAnnotation]: String(replicas),
    [mostAnnotation]: String(replicas + allowanceOf(deployment).surge),
  };
}

/** How far a rolling update may stray from the wanted number of pods. */
export interface Allowance {
  readonly surge: number;
  readonly unavailable: number;
}

/**
 * How many pods too many, and too few, a Deployment allows. Percentages round up and down; both 0
 * would never move, so then one may be missing.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export function allowanceOf({ spec }: Deployment): Allowance {
  const { replicas = 1, strategy } = spec;
  if (strategy?.type === "Recreate") return { surge: 0, unavailable: replicas };
  const { maxSurge = "25%", maxUnavailable = "25%" } = strategy?.rollingUpdate ?? {};
  const surge = Math.ceil(shareOf(maxSurge, replicas));
  const unavailable = Math.min(replicas, Math.floor(shareOf(maxUnavailable, replicas)));
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

/** The size that a new ReplicaSet begins with. */
export function firstSize(deployment: Deployment, { earlier }: Revisions): number {
  const { replicas = 1 } = deployment.spec;
  const room = replicas + allowanceOf(deployment).surge - sumOf(earlier, "wanted");
  return Math.max(0, Math.min(replicas, room));
}

/**
 * The next sizes of a Deployment's ReplicaSets: the new one grows as far as the surge allows, the
 * old ones shrink as far as enough pods stay available. Nothing if all is as wanted.
 */
export function nextSizes(deployment: Deployment, revisions: Revisions): readonly Resize[] {
  const { replicas = 1, strategy, paused = false } = deployment.spec;
  const { current, earlier } = revisions;
  const isAnew = strategy?.type === "Recreate";
  if (paused || (!isAnew && wasScaled(deployment, revisions))) return scale(deployment, revisions);
  if (isAnew) return recreate(replicas, revisions);
  if (current === undefined) return [];
  const growth = grow(deployment, current, earlier);
  return growth.length > 0 ? growth : shrink(deployment, current, earlier);
}

/** Whether the Deployment wants another number of pods than when its ReplicaSets were told. */
function wasScaled(deployment: Deployment, { current, earlier }: Revisions): boolean {
  const all = current === undefined ? earlier : [...earlier, current];
  return all.some((revision) => !isToldOf(deployment, revision));
}

/**
 * Follows a number of replicas without rolling anything out. Of ReplicaSets that run beside each
 * other each takes its share, so that a broken template does not get more than it had.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling
 */
function scale(deployment: Deployment, { current, earlier }: Revisions): readonly Resize[] {
  const { replicas = 1, strategy } = deployment.spec;
  const all = current === undefined ? earlier : [...earlier, current];
  const running = all.filter(({ wanted }) => wanted > 0);
  const [only = all.at(-1)] = running;
  if (only === undefined) return [];
  const isFull = current?.wanted === replicas && current.available === replicas;
  if (running.length <= 1) return newsOf(deployment, [{ revision: only, to: replicas }]);
  if (isFull && current !== undefined) {
    const idle = earlier.filter(({ wanted }) => wanted > 0);
    const sizes = idle.map((revision) => ({ revision, to: 0 }));
    return newsOf(deployment, [...sizes, { revision: current, to: replicas }]);
  }
  return strategy?.type === "Recreate" ? [] : newsOf(deployment, shared(deployment, running));
}

/** The shares of ReplicaSets in what may be there in all; what rounding leaves is the largest's. */
function shared(deployment: Deployment, running: readonly Revision[]): readonly Resize[] {
  const { replicas = 1 } = deployment.spec;
  const most = replicas === 0 ? 0 : replicas + allowanceOf(deployment).surge;
  let left = most - sumOf(running, "wanted");
  const isGrowth = left > 0;
  if (left === 0) return running.map((revision) => ({ revision, to: revision.wanted }));
  const sizes = (isGrowth ? running.toReversed() : running)
    .toSorted((a, b) => b.wanted - a.wanted)
    .map((revision) => {
      const share = shareIn(revision, { replicas, most, running });
      const by = isGrowth ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left));
      left -= by;
      return { revision, to: revision.wanted + by };
    });
  return sizes.map((each, index) => {
    return index === 0 ? { ...each, to: Math.max(0, each.to + left) } : each;
  });
}

/** By how much a ReplicaSet changes, if it keeps its share in what the Deployment may have. */
function shareIn(
  { set, wanted }: Revision,
  {
    replicas,
    most,
    running,
  }: { readonly replicas: number; readonly most: number; readonly running: readonly Revision[] },
): number {
  if (replicas === 0) return -wanted;
  const before = countIn(set, mostAnnotation) || sumOf(running, "living") || most;
  return Math.round((wanted * most) / before) - wanted;
}

/** Without those that have their size already, and know what their Deployment wants. */
function newsOf(deployment: Deployment, sizes: readonly Resize[]): readonly Resize[] {
  return sizes.filter(({ revision, to }) => {
    return to !== revision.wanted || !isToldOf(deployment, revision);
  });
}

/** Whether a ReplicaSet that has pods was told of the size that its Deployment has. */
function isToldOf({ spec: { replicas = 1 } }: Deployment, { set, wanted }: Revision): boolean {
  return wanted === 0 || (countIn(set, desiredAnnotation) ?? replicas) === replicas;
}

function recreate(replicas: number, { current, earlier }: Revisions): readonly Resize[] {
  const running = earlier.filter(({ wanted }) => wanted > 0);
  if (running.length > 0) return running.map((revision) => ({ revision, to: 0 }));
  const isClear = earlier.every(({ present }) => present === 0);
  if (current === undefined || !isClear || current.wanted === replicas) return [];
  return [{ revision: current, to: replicas }];
}

function grow(
  deployment: Deployment,
  current: Revision,
  earlier: readonly Revision[],
): readonly Resize[] {
  const { replicas = 1 } = deployment.spec;
  if (current.wanted > replicas) return [{ revision: current, to: replicas }];
  const total = sumOf(earlier, "wanted") + current.wanted;
  const room = replicas + allowanceOf(deployment).surge - total;
  const by = Math.min(room, replicas - current.wanted);
  return by > 0 ? [{ revision: current, to: current.wanted + by }] : [];
}

/** First what is not available anyway, then the oldest. */
function shrink(
  deployment: Deployment,
  current: Revision,
  earlier: readonly Revision[],
): readonly Resize[] {
  const { replicas = 1 } = deployment.spec;
  const running = earlier.filter(({ wanted }) => wanted > 0);
  const availableMin = replicas - allowanceOf(deployment).unavailable;
  const total = sumOf(running, "wanted") + current.wanted;
  const missing = Math.max(0, current.wanted - current.available);
  let spare = total - availableMin - missing;
  let spareAvailable = sumOf(running, "available") + current.available - availableMin;
  const sizes: Resize[] = [];
  for (const revision of running) {
    const unhealthy = Math.max(0, revision.wanted - revision.available);
    const dead = Math.max(0, Math.min(spare, unhealthy));
    const alive = Math.max(0, Math.min(spareAvailable, spare - dead, revision.wanted - dead));
    spare -= dead + alive;
    spareAvailable -= alive;
    if (dead + alive > 0) sizes.push({ revision, to: revision.wanted - dead - alive });
  }
  return sizes;
}

export function shareOf(value: number | string, whole: number): number {
  if (typeof value === "number") return value;
  const share = /^(\d{1,3})%$/u.exec(value)?.[1];
  return share === undefined ? 0 : (Number(share) * whole) / 100;
}

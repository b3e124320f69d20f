import { type Deployment } from "@beemesh/model";
import type { Revision, Revisions } from "./revisions.ts";
import { sumOf } from "./revisions.ts";

/** A ReplicaSet that is to have another size. */
export interface Resize {
  readonly revision: Revision;
  readonly to: number;
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
  if (paused) return resizePaused(replicas, revisions);
  if (strategy?.type === "Recreate") return recreate(replicas, revisions);
  if (current === undefined) return [];
  const growth = grow(deployment, current, earlier);
  return growth.length > 0 ? growth : shrink(deployment, current, earlier);
}

/** While paused nothing is rolled out; the newest of what runs takes up the difference. */
function resizePaused(replicas: number, { current, earlier }: Revisions): readonly Resize[] {
  const all = current === undefined ? earlier : [...earlier, current];
  const running = all.filter(({ wanted }) => wanted > 0);
  const newest = running.at(-1);
  if (newest === undefined) return [];
  const to = Math.max(0, replicas - (sumOf(running, "wanted") - newest.wanted));
  return to === newest.wanted ? [] : [{ revision: newest, to }];
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

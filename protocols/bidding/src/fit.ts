import { failedFilter, freeOf, softTaintsOf } from "./filter.ts";
import type { MachineOffer } from "./machine-offer.ts";
import type { Requirements } from "./requirements.ts";

/** Whether a machine can take a pod, and how gladly. */
export type Fit =
  /** `score` from 0 to 1. */
  | { readonly ok: true; readonly score: number }
  /** `filter`: what failed, in kube-scheduler's words. */
  | { readonly ok: false; readonly filter: string };

/**
 * How much each view of a machine weighs; they add up to 1. Spread leads: a workload whose pods
 * share a machine shares its fate. Then whether the machine stays, then how much is left.
 */
const weights = { spread: 0.45, longevity: 0.2, room: 0.2, trust: 0.15 } as const;
/** What one taint that a pod would rather avoid, or a spread wish that it fails, takes away. */
const softPenalty = 0.5;

/** Judges a machine for one pod of a workload. */
export function fit(requirements: Requirements, machine: MachineOffer, workload = ""): Fit {
  const filter = failedFilter(requirements, machine, workload);
  if (filter !== undefined) return { ok: false, filter };
  return { ok: true, score: scoreOf(requirements, machine, workload, 0) };
}

/**
 * The scores of the first, second, … pod of a workload that a machine could take, at most
 * `countMax` and as many as fit: each makes the next one a little worse.
 */
export function marginalScores(
  requirements: Requirements,
  machine: MachineOffer,
  workload: string,
  countMax: number,
): number[] {
  if (!fit(requirements, machine, workload).ok) return [];
  const count = Math.min(countMax, roomFor(requirements, machine));
  return Array.from({ length: count }, (_, taken) =>
    scoreOf(requirements, machine, workload, taken),
  );
}

/** How many pods of the kind have room, if the first one fits. */
function roomFor(requirements: Requirements, machine: MachineOffer): number {
  if (requirements.apart || requirements.hostPorts.length > 0) return 1;
  const free = freeOf(machine);
  const { cpuMillicores, memoryBytes } = requirements;
  return Math.min(
    free.pods,
    cpuMillicores > 0 ? Math.floor(free.cpuMillicores / cpuMillicores) : free.pods,
    memoryBytes > 0 ? Math.floor(free.memoryBytes / memoryBytes) : free.pods,
  );
}

/** The score after `taken` pods of the same task; thousandths are fine enough for a choice. */
function scoreOf(
  requirements: Requirements,
  machine: MachineOffer,
  workload: string,
  taken: number,
): number {
  const siblings = (machine.workloads.get(workload) ?? 0) + taken;
  const score =
    weights.spread / (1 + siblings) +
    weights.longevity * unit(machine.longevity) +
    weights.room * roomLeft(requirements, machine, taken + 1) +
    weights.trust * unit(machine.trust);
  const wishes = softTaintsOf(requirements, machine) + missedWishes(requirements, machine);
  return Math.round(score * softPenalty ** wishes * 1000) / 1000;
}

/** The share of the machine that is left after `count` pods, of whatever gets scarcest. */
function roomLeft(requirements: Requirements, machine: MachineOffer, count: number): number {
  const free = freeOf(machine);
  const { capacity } = machine;
  const share = (left: number, all: number): number => (all > 0 ? unit(left / all) : 0);
  return Math.min(
    share(free.cpuMillicores - count * requirements.cpuMillicores, capacity.cpuMillicores),
    share(free.memoryBytes - count * requirements.memoryBytes, capacity.memoryBytes),
    share(free.pods - count, capacity.pods),
  );
}

/** Soft spread constraints whose domain here already has more than its share. */
function missedWishes({ spread }: Requirements, machine: MachineOffer): number {
  return spread.filter(({ key, maxSkew, hard, counts }) => {
    if (hard) return false;
    const here = counts[machine.labels[key] ?? ""] ?? 0;
    return here + 1 - Math.min(here, ...Object.values(counts)) > maxSkew;
  }).length;
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

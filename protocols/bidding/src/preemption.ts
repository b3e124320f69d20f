/**
 * Whose place a pod may take: pods of a lower priority go, as few and as unimportant as possible,
 * and rather those that no PodDisruptionBudget protects.
 *
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ and
 * k8s.io/kubernetes, pkg/scheduler/framework/preemption.
 */
import { failedFilter, freeOf } from "./filter.ts";
import type { MachineOffer } from "./machine-offer.ts";
import type { HostPort, Requirements } from "./requirements.ts";

/** A pod that has a place on a machine, as far as another one may want it. */
export interface Occupant {
  readonly uid: string;
  readonly priority: number;
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
  readonly hostPorts: readonly HostPort[];
  /** Since when it is there, in milliseconds since 1970: of two alike the younger goes. */
  readonly sinceMs: number;
  /** Whether it is on its way out already. */
  readonly isGoing: boolean;
  /** The budgets that protect it. */
  readonly budgets: readonly string[];
}

/** Who is on a machine, and how many pods each budget lets go. */
export interface Occupancy {
  readonly occupants: readonly Occupant[];
  readonly allowed: ReadonlyMap<string, number>;
}

/** What makes room. */
export interface Preemption {
  /** Who must go and is not going yet. */
  readonly victims: readonly Occupant[];
  /** How many of them a budget protects. */
  readonly violations: number;
}

/** Who comes: pods of one kind. */
export interface Incomers {
  readonly requirements: Requirements;
  readonly workload: string;
  readonly priority: number;
  readonly count: number;
}

/** Pods that one machine makes room for in one bid; more come in the next auction. */
const incomersMax = 16;

/**
 * Finds who must go so that pods can come; undefined if nobody less important makes enough room.
 *
 * @param machine - With everybody on it counted.
 */
export function preemptionFor(
  incomers: Incomers,
  machine: MachineOffer,
  { occupants, allowed }: Occupancy,
): Preemption | undefined {
  const lower = occupants.filter(({ priority }) => priority < incomers.priority);
  if (lower.length === 0) return undefined;
  let emptied = lower.reduce(without, machine);
  if (!isEnough(incomers, emptied)) return undefined;
  const spared = lower.filter(({ isGoing }) => !isGoing).toSorted(mostImportantFirst);
  const protectedOnes = violating(spared, allowed);
  const victims: Occupant[] = [];
  // Who would violate a budget is spared first, then the important ones.
  for (const occupant of [
    ...spared.filter((each) => protectedOnes.has(each)),
    ...spared.filter((each) => !protectedOnes.has(each)),
  ]) {
    const kept = withOccupant(emptied, occupant);
    if (isEnough(incomers, kept)) emptied = kept;
    else victims.push(occupant);
  }
  return { victims, violations: victims.filter((each) => protectedOnes.has(each)).length };
}

/**
 * Scores of the first, second, … pod that a machine makes room for: below those of machines that
 * have room, and the higher the less is lost. In this order: fewer budgets are violated, the most
 * important victim is less important, and there are fewer victims.
 */
export function preemptingScores(
  incomers: Incomers,
  machine: MachineOffer,
  occupancy: Occupancy,
): readonly number[] {
  const scores: number[] = [];
  const isAlone = incomers.requirements.apart || incomers.requirements.hostPorts.length > 0;
  const countMax = isAlone ? 1 : Math.min(incomers.count, incomersMax);
  for (let count = 1; count <= countMax; count += 1) {
    const preemption = preemptionFor({ ...incomers, count }, machine, occupancy);
    if (preemption === undefined) break;
    scores.push(scoreOf(preemption));
  }
  return scores;
}

/** Below a thousandth, which is the finest step of other scores. */
const scoreMax = 0.0005;

/** Priorities are 32-bit numbers. */
const prioritySpan = 2 ** 32;

/** Weighs less than one step of priority does, and more than the precision of a number. */
const countWeight = 1e-11;

function scoreOf({ victims, violations }: Preemption): number {
  const highest = Math.max(-(2 ** 31), ...victims.map(({ priority }) => priority));
  const unimportance = 1 - (highest + 2 ** 31) / prioritySpan;
  const rest = unimportance * (1 - countWeight) + countWeight / (1 + victims.length);
  // Each band is half of the one above: a violation more is worse than anything within a band.
  return scoreMax * 0.5 ** (violations + 1) * (1 + rest);
}

/** The occupants that may not all go without violating a budget, the most important ones first. */
function violating(
  occupants: readonly Occupant[],
  allowed: ReadonlyMap<string, number>,
): ReadonlySet<Occupant> {
  const left = new Map(allowed);
  const found = new Set<Occupant>();
  for (const occupant of occupants) {
    for (const budget of occupant.budgets) {
      const rest = (left.get(budget) ?? 0) - 1;
      left.set(budget, rest);
      if (rest < 0) found.add(occupant);
    }
  }
  return found;
}

/** Whether all of the incomers fit. */
function isEnough({ requirements, workload, count }: Incomers, machine: MachineOffer): boolean {
  const { cpuMillicores, memoryBytes } = requirements;
  const all = {
    ...requirements,
    cpuMillicores: cpuMillicores * count,
    memoryBytes: memoryBytes * count,
  };
  return failedFilter(all, machine, workload) === undefined && freeOf(machine).pods >= count;
}

function mostImportantFirst(a: Occupant, b: Occupant): number {
  return b.priority - a.priority || a.sinceMs - b.sinceMs || (a.uid < b.uid ? -1 : 1);
}

function without(machine: MachineOffer, occupant: Occupant): MachineOffer {
  const hostPorts = machine.hostPorts.filter(
    ({ port, protocol, ip }) =>
      !occupant.hostPorts.some(
        (each) => each.port === port && each.protocol === protocol && each.ip === ip,
      ),
  );
  return { ...changed(machine, occupant, -1), hostPorts };
}

function withOccupant(machine: MachineOffer, occupant: Occupant): MachineOffer {
  const hostPorts = [...machine.hostPorts, ...occupant.hostPorts];
  return { ...changed(machine, occupant, 1), hostPorts };
}

function changed(machine: MachineOffer, occupant: Occupant, sign: 1 | -1): MachineOffer {
  const { reserved } = machine;
  return {
    ...machine,
    reserved: {
      cpuMillicores: reserved.cpuMillicores + sign * occupant.cpuMillicores,
      memoryBytes: reserved.memoryBytes + sign * occupant.memoryBytes,
      pods: reserved.pods + sign,
    },
  };
}

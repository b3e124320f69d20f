import type { Labels, Taint } from "@beemesh/model";
import type { PeerId } from "@beemesh/wire";
import type { Occupancy } from "./preemption.ts";
import type { HostPort } from "./requirements.ts";

/** Amounts of what pods use of a machine. */
export interface Amounts {
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

/** What a machine has to offer at this moment. */
export interface MachineOffer {
  readonly id: PeerId;
  /** The name of its Node object. */
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** Cordoned. */
  readonly unschedulable: boolean;
  /** What pods may use in all. */
  readonly capacity: Amounts;
  /** What its pods have asked for. */
  readonly reserved: Amounts;
  /** What RuntimeClasses may ask for by their handlers. */
  readonly runtimeHandlers: readonly string[];
  /** Ports of the machine that are taken. */
  readonly hostPorts: readonly HostPort[];
  /** Pods here, by workload. */
  readonly workloads: ReadonlyMap<string, number>;
  /** From 0, just booted, to 1; see {@link longevityOf}. */
  readonly longevity: number;
  /** From 0 to 1: how well it kept its promises, as its judges see it. */
  readonly trust: number;
  /** Who is here, for those who may take their places; nobody's if not given. */
  readonly occupancy?: () => Occupancy;
  readonly diskPressure: boolean;
  readonly memoryPressure: boolean;
}

const hourMs = 3_600_000;
/** A machine that is up for thirty days counts as one that stays. */
const matureHours = 30 * 24;

/**
 * Longevity from 0 to 1 of an uptime. It grows with the logarithm: between an hour and a day
 * lies as much as between a day and a month, because what has lived long goes on living.
 */
export function longevityOf(uptimeMs: number): number {
  const hours = Math.max(0, uptimeMs) / hourMs;
  return Math.min(1, Math.log1p(hours) / Math.log1p(matureHours));
}

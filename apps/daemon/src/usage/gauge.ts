import { readFileSync } from "node:fs";
import { cpus, freemem, totalmem } from "node:os";
import type { ContainerStats, MachineUsage, PodUsage, Runtime } from "@beemesh/ports";

export interface GaugeOptions {
  /** This machine's name. */
  readonly self: string;
  readonly runtime: Pick<Runtime, "stats">;
  /** The uids of the pods that run here. */
  readonly pods: () => readonly string[];
  readonly wallMs: () => number;
  /** What the whole computer has used; for tests. */
  readonly readComputer?: () => ComputerCounts;
}

/** What is counted of a computer. */
interface ComputerCounts {
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

/** A window ends at most so long ago; who asks sooner is given the same. */
const freshMs = 5000;

/** A sample that is older begins no window: what was used since then says little of now. */
const oldMs = 60_000;

/** The window of somebody who asks when nobody has for long. */
const firstWindowMs = 1000;

interface Sample {
  readonly atMs: number;
  readonly computer: ComputerCounts;
  readonly pods: ReadonlyMap<string, readonly ContainerStats[]>;
}

/**
 * Measures what this machine and its pods use, when it is asked and not before: at rest it costs
 * nothing. What is used in a window is the difference of two samples; the one before is the last
 * one taken, if that was not long ago.
 */
export class Gauge {
  readonly #options: GaugeOptions;
  #last: Sample | undefined;
  #usage: { readonly usage: MachineUsage; readonly atMs: number } | undefined;
  #measuring: Promise<MachineUsage> | undefined;

  constructor(options: GaugeOptions) {
    this.#options = options;
  }

  /** What was used in the last window. Many who ask at once share one measurement. */
  read(): Promise<MachineUsage> {
    const known = this.#usage;
    if (known !== undefined && performance.now() - known.atMs < freshMs) {
      return Promise.resolve(known.usage);
    }
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  async #measure(): Promise<MachineUsage> {
    const start = await this.#start();
    const end = await this.#sample();
    this.#last = end;
    const usage = this.#between(start, end);
    this.#usage = { usage, atMs: end.atMs };
    return usage;
  }

  async #start(): Promise<Sample> {
    const last = this.#last;
    const ageMs = last === undefined ? Infinity : performance.now() - last.atMs;
    if (last !== undefined && ageMs >= firstWindowMs && ageMs < oldMs) return last;
    const sample = await this.#sample();
    await new Promise((resolve) => {
      setTimeout(resolve, firstWindowMs);
    });
    return sample;
  }

  async #sample(): Promise<Sample> {
    const { pods, readComputer = computerCounts, runtime } = this.#options;
    const counted = await Promise.all(
      // A pod that has just gone uses nothing.
      pods().map(async (uid) => [uid, await runtime.stats(uid).catch(() => [])] as const),
    );
    return { atMs: performance.now(), computer: readComputer(), pods: new Map(counted) };
  }

  #between(start: Sample, end: Sample): MachineUsage {
    const { self, wallMs } = this.#options;
    const windowMs = Math.max(1, end.atMs - start.atMs);
    const pods = [...end.pods].flatMap(([uid, stats]): PodUsage[] => {
      const containers = usedBy(start.pods.get(uid) ?? [], stats, windowMs);
      return containers.length === 0 ? [] : [{ uid, containers }];
    });
    return {
      machine: self,
      wallMs: Math.round(wallMs()),
      windowMs: Math.round(windowMs),
      cpuNanocores: rateOf(start.computer, end.computer, windowMs),
      memoryBytes: Math.round(end.computer.memoryBytes),
      pods,
    };
  }
}

/** Containers that ran at both ends; one that was started anew meanwhile counts from 0 again. */
function usedBy(
  before: readonly ContainerStats[],
  now: readonly ContainerStats[],
  windowMs: number,
): PodUsage["containers"] {
  return now.flatMap((stats) => {
    const earlier = before.find(({ name }) => name === stats.name);
    if (earlier === undefined || earlier.cpuNanoseconds > stats.cpuNanoseconds) return [];
    const { name, memoryBytes } = stats;
    const cpuNanocores = rateOf(earlier, stats, windowMs);
    return [{ name, cpuNanocores, memoryBytes: Math.round(memoryBytes) }];
  });
}

function rateOf(
  before: { readonly cpuNanoseconds: number },
  now: { readonly cpuNanoseconds: number },
  windowMs: number,
): number {
  return Math.max(0, Math.round(((now.cpuNanoseconds - before.cpuNanoseconds) * 1000) / windowMs));
}

/** What the processors have worked, and the memory that nobody could have at once. */
function computerCounts(): ComputerCounts {
  const workedMs = cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
  return { cpuNanoseconds: workedMs * 1_000_000, memoryBytes: totalmem() - availableBytes() };
}

/** Memory that programs could have, pages of files that can be dropped included. */
function availableBytes(): number {
  try {
    const text = readFileSync("/proc/meminfo", "utf8");
    const kibibytes = Number(/^MemAvailable:\s+(\d+) kB$/mu.exec(text)?.[1]);
    if (Number.isFinite(kibibytes)) return kibibytes * 1024;
  } catch {
    // Only Linux tells it.
  }
  return freemem();
}

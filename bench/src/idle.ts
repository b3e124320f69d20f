import { readFile } from "node:fs/promises";
import type { DevMachine, DevMesh } from "@beemesh/dev";
import { type BenchReport, type Figure, figureOf } from "./report.ts";

/** Ticks of `/proc/<pid>/stat` in a second, as Linux reports them to programs. */
const ticksPerSecond = 100;

/** What one daemon uses at a moment. */
export interface Usage {
  readonly pssBytes: number;
  readonly cpuSeconds: number;
  readonly trafficBytes: number;
  readonly atMs: number;
}

/** What the parts of an idle daemon may cost. */
const budgets = { megabytes: 80, corePercent: 1, bytesPerMinute: 60_000 };

/**
 * What a mesh costs that runs nothing: proportional memory, processor and traffic of each daemon.
 *
 * @param settleMs - How long the mesh is left alone first; connections and caches come to rest.
 * @param measureMs - How long it is then watched, in each run.
 */
export async function benchIdle(
  mesh: DevMesh,
  options: { readonly runs: number; readonly settleMs: number; readonly measureMs: number },
): Promise<BenchReport> {
  const { runs, settleMs, measureMs } = options;
  const spans: Span[] = [];
  await pause(settleMs);
  for (let run = 0; run < runs; run += 1) {
    const before = await Promise.all(mesh.machines.map(usageOf));
    await pause(measureMs);
    const after = await Promise.all(mesh.machines.map(usageOf));
    spans.push(...after.map((end, index) => spanOf(before[index] ?? end, end)));
  }
  const figure = (metric: string, unit: string, name: keyof Span): Figure => {
    const measured = spans.map((span) => span[name]);
    return figureOf(metric, unit, measured, { budget: budgets[name] });
  };
  const traffic = figure("traffic of a machine, both ways", "bytes/min", "bytesPerMinute");
  return {
    bench: "idle",
    results: [
      figure("memory of a daemon (PSS)", "MB", "megabytes"),
      figure("processor of a daemon", "% of a core", "corePercent"),
      // Without a network of its own a machine's bytes cannot be told from those of others.
      ...(mesh.hasNetwork ? [traffic] : []),
    ],
  };
}

/** What one daemon used in a span of time; memory at its end. */
export interface Span {
  readonly megabytes: number;
  readonly corePercent: number;
  readonly bytesPerMinute: number;
}

/** What was used between two looks. */
export function spanOf(start: Usage, end: Usage): Span {
  const seconds = (end.atMs - start.atMs) / 1000;
  return {
    megabytes: end.pssBytes / 1024 ** 2,
    corePercent: (100 * (end.cpuSeconds - start.cpuSeconds)) / seconds,
    bytesPerMinute: (60 * (end.trafficBytes - start.trafficBytes)) / seconds,
  };
}

async function usageOf(machine: DevMachine): Promise<Usage> {
  const { pid = 0, host } = machine;
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The command's name is in brackets and may hold blanks; what follows it does not.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const traffic = await host?.traffic();
  return {
    pssBytes: Number(/^Pss:\s+(\d+) kB$/mu.exec(rollup)?.[1] ?? 0) * 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    trafficBytes: (traffic?.receivedBytes ?? 0) + (traffic?.sentBytes ?? 0),
    atMs: performance.now(),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { BeeError } from "@beemesh/base";
import type { DevMachine } from "@beemesh/dev";
import { runOrThrow } from "@beemesh/lab";
import { type Figure, figureOf } from "../report.ts";
import { type BenchPod, createServiceRecord } from "./pods.ts";

/** Services of the mesh, step by step. */
const sizes = [10, 100, 1000, 10_000] as const;
/** Created at once. */
const parallel = 4;
/** How often one Service is asked for. */
const triesMax = 10;
/** Names that each pod asks for in each step: a program uses a few services, not all. */
const askedEach = 10;
/** A sidecar that has nothing to do gives memory back within this, in milliseconds. */
const restMs = 25_000;
/** What a sidecar may be larger with 10,000 services than with 10: the noise between runs. */
const grownMegabytesMax = 1;
/** What a sidecar may take. */
const sidecarMegabytesMax = 20;

/**
 * Memory of sidecars, and of their daemon, while the mesh grows from 10 to 10,000 services. In each
 * step every pod asks for the first, the last and some between: so the machine holds them all, and
 * the sidecar what it asked for.
 */
export async function measureGrowth(
  machine: DevMachine,
  pods: readonly BenchPod[],
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const sidecars: number[][] = [];
  let made = 0;
  for (const size of sizes) {
    await createUpTo(machine, made, size);
    made = size;
    for (const pod of pods) await askIn(pod, size);
    await pause(restMs);
    const measured = pods.map(({ sidecarPid }) => pssMegabytes(sidecarPid));
    sidecars.push(measured);
    figures.push(
      figureOf(`memory of a sidecar (PSS), ${size} services`, "MB", measured, {
        budget: sidecarMegabytesMax,
      }),
      figureOf(`memory of the daemon (PSS), ${size} services`, "MB", [
        pssMegabytes(machine.pid ?? 0),
      ]),
    );
  }
  const first = sidecars[0] ?? [];
  const grown = (sidecars.at(-1) ?? []).map((megabytes, index) => megabytes - (first[index] ?? 0));
  const name = "what a sidecar grew from 10 to 10,000 services";
  return [...figures, figureOf(name, "MB", grown, { budget: grownMegabytesMax })];
}

async function createUpTo(machine: DevMachine, from: number, to: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) {
      next += 1;
      await createPatiently(machine, nameOf(next));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

/** A busy computer may let an API be silent for a while: what was asked is asked again. */
async function createPatiently(machine: DevMachine, name: string): Promise<void> {
  for (let left = triesMax; left > 0; left -= 1) {
    try {
      return await createServiceRecord(machine.client(), name, [80]);
    } catch (error) {
      if (!(error instanceof BeeError) || error.code !== "api-unreachable" || left === 1)
        throw error;
    }
  }
}

/** Looks names up from inside a pod; each must have an address, as its own machine knows it. */
async function askIn(pod: BenchPod, size: number): Promise<void> {
  const numbers = Array.from({ length: askedEach }, (_, index) =>
    Math.max(1, Math.round((index / (askedEach - 1)) * size)),
  );
  const names = [...new Set(numbers)].map(
    (number) => `${nameOf(number)}.default.svc.cluster.local`,
  );
  const code = `
    const { Resolver } = require("node:dns").promises;
    const resolver = new Resolver();
    resolver.setServers(["10.96.0.10"]);
    Promise.all(${JSON.stringify(names)}.map((name) => resolver.resolve4(name)))
      .then((all) => console.log(all.length));`;
  const said = await runOrThrow([...pod.enter, process.execPath, "-e", code]);
  if (Number(said) === names.length) return;
  throw new BeeError("bench-failed", `Cannot measure growth: ${said.trim()} names were found`);
}

function nameOf(number: number): string {
  return `bench-grow-${number}`;
}

function pssMegabytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/mu.exec(rollup)?.[1] ?? 0) / 1024;
}

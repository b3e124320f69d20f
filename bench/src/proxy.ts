import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BeeError } from "@beemesh/base";
import { type DevMachine, type DevMesh, findFreePorts } from "@beemesh/dev";
import { findPrograms } from "@beemesh/lab";
import { measureGrowth } from "./proxy/growth.ts";
import { makePairKeys, type Pair, startHaproxy, startStunnel } from "./proxy/peers.ts";
import { type BenchPod, createPod, createService } from "./proxy/pods.ts";
import { measureReadiness } from "./proxy/readiness.ts";
import {
  endProcess,
  type LoadSize,
  type Measured,
  measure,
  type Subject,
  startService,
} from "./proxy/subject.ts";
import { type BenchReport, type Figure, figureOf } from "./report.ts";

/** What a sidecar may take, in megabytes. */
const sidecarMegabytesMax = 20;
/** A sidecar that has nothing to do gives memory back within this, in milliseconds. */
const restMs = 25_000;
const loadedName = "memory of a sidecar (PSS), half a minute after all this load";
/** Idle pods beside the two that are measured: a machine has some ten. */
const idlePods = 8;
/** Pods whose start is measured, one after the other. */
const readyPods = 20;
/** Ports inside the pod that serves. */
const servicePorts = [7001, 7002, 7003] as const;

/**
 * The way from pod to pod through two sidecars, beside a pair of haproxy and one of stunnel with
 * mutual TLS 1.3, which take turns in the same run: the same client, the same service.
 *
 * Ratios are ours to the peer's; a budget is met if the ratio is on its right side.
 */
export async function benchProxy(
  mesh: DevMesh,
  options: { readonly runs: number; readonly size: LoadSize },
): Promise<BenchReport> {
  const [machine] = mesh.machines;
  if (machine === undefined || mesh.runtime !== "podman") {
    throw new BeeError("bench-failed", "Cannot measure sidecars: pods need Podman for them");
  }
  const folder = mkdtempSync(join(tmpdir(), "beemesh-bench-"));
  const stops: (() => Promise<void>)[] = [];
  try {
    const pairs = await startPairs(folder, stops);
    const { subject, sidecars, idlers } = await startPods(machine, stops);
    const [port = 0] = subject.ports;
    const service = { host: subject.host, port };
    const ready = await measureReadiness(machine, service, { pods: readyPods, folder });
    const { wrk } = findPrograms("wrk");
    const idle = memoryOf("memory of a sidecar (PSS), ten pods", sidecars, sidecarMegabytesMax);
    const taken = new Map<string, Measured[]>();
    for (let run = 0; run < options.runs; run += 1) {
      for (const each of [subject, ...pairs]) {
        const measured = await measure(each, options.size, wrk);
        taken.set(each.name, [...(taken.get(each.name) ?? []), measured]);
      }
    }
    await pause(restMs);
    const loaded = memoryOf(loadedName, subject.pids);
    const grown = await measureGrowth(machine, idlers);
    return { bench: "proxy", results: [...figuresOf(taken), idle, loaded, ...ready, ...grown] };
  } finally {
    for (const stop of stops.toReversed()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Of {@link benchProxy} the memory in a growing mesh and the readiness of new pods alone, for which
 * nothing else needs to be carried.
 */
export async function benchSidecar(
  mesh: DevMesh,
  options: { readonly runs: number },
): Promise<BenchReport> {
  const [machine] = mesh.machines;
  if (machine === undefined || mesh.runtime !== "podman") {
    throw new BeeError("bench-failed", "Cannot measure sidecars: pods need Podman for them");
  }
  const folder = mkdtempSync(join(tmpdir(), "beemesh-bench-"));
  const stops: (() => Promise<void>)[] = [];
  try {
    const { subject, idlers } = await startPods(machine, stops);
    const [port = 0] = subject.ports;
    const service = { host: subject.host, port };
    const ready = await measureReadiness(machine, service, { pods: options.runs, folder });
    const grown = await measureGrowth(machine, idlers);
    return { bench: "sidecar", results: [...ready, ...grown] };
  } finally {
    for (const stop of stops.toReversed()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startPairs(folder: string, stops: (() => Promise<void>)[]): Promise<Subject[]> {
  const found = findPrograms("haproxy", "stunnel4");
  await makePairKeys(folder);
  const ports = await findFreePorts(15);
  const targets = ports.slice(0, 3);
  const service = await startService([], "127.0.0.1", targets);
  stops.push(() => endProcess(service));
  const pairs: Pair[] = [];
  const add = async (starting: Promise<Pair>): Promise<void> => {
    const pair = await starting;
    stops.push(() => pair.stop());
    pairs.push(pair);
  };
  const { haproxy, stunnel4 } = found;
  if (haproxy !== undefined) {
    await add(startHaproxy({ program: haproxy, folder, targets, free: ports.slice(3, 9) }));
  }
  if (stunnel4 !== undefined) {
    await add(startStunnel({ program: stunnel4, folder, targets, free: ports.slice(9, 15) }));
  }
  return pairs.map((pair) => ({ ...pair, enter: [], host: "127.0.0.1" }));
}

/** The pods that are measured, and those beside them. */
interface Pods {
  readonly subject: Subject;
  readonly sidecars: readonly number[];
  readonly idlers: readonly BenchPod[];
}

async function startPods(machine: DevMachine, stops: (() => Promise<void>)[]): Promise<Pods> {
  const server = await createPod(machine, "bench-server");
  const client = await createPod(machine, "bench-client");
  const idlers: BenchPod[] = [];
  for (let index = 0; index < idlePods; index += 1) {
    idlers.push(await createPod(machine, `bench-idle-${index}`));
  }
  const sidecars = [server, client, ...idlers].map(({ sidecarPid }) => sidecarPid);
  const service = await startService(server.enter, "0.0.0.0", servicePorts);
  stops.push(() => endProcess(service));
  const host = await createService(machine.client(), "bench-server", servicePorts);
  const pids = [client.sidecarPid, server.sidecarPid];
  const subject = { name: "sidecars", enter: client.enter, host, ports: servicePorts, pids };
  return { subject, sidecars, idlers };
}

/** One kind of figure: what it is called, and where its measurements are. */
interface Kind {
  readonly metric: string;
  readonly unit: string;
  readonly of: (measured: Measured) => readonly number[];
  /** What the ratio to haproxy must be. */
  readonly budget?: { readonly least: number } | { readonly most: number };
}

const kinds: readonly Kind[] = [
  {
    metric: "throughput, 1 connection",
    unit: "Gbit/s",
    of: ({ oneGbps }) => [oneGbps],
    budget: { least: 1.2 },
  },
  {
    metric: "throughput, 32 connections",
    unit: "Gbit/s",
    of: ({ manyGbps }) => [manyGbps],
    budget: { least: 1.2 },
  },
  {
    metric: "processor",
    unit: "s/GB",
    of: ({ cpuSecondsPerGigabyte }) => [cpuSecondsPerGigabyte],
  },
  {
    metric: "echo of 200 bytes",
    unit: "µs",
    of: ({ echoMicros }) => echoMicros,
    budget: { most: 1 },
  },
  {
    metric: "new connections",
    unit: "1/s",
    of: ({ connectionsPerSecond }) => [connectionsPerSecond],
    budget: { least: 0.8 },
  },
  { metric: "HTTP requests", unit: "1/s", of: ({ requestsPerSecond }) => [requestsPerSecond] },
  { metric: "HTTP at 2,000/s", unit: "µs", of: ({ pacedMicros }) => pacedMicros },
];

/** Our figures to each peer's; exported for its test. */
export function figuresOf(taken: ReadonlyMap<string, readonly Measured[]>): Figure[] {
  const [ours, ...peers] = [...taken].map(([name, runs]) => ({ name, runs }));
  if (ours === undefined) return [];
  return kinds.flatMap(({ metric, unit, of, budget }) => {
    const own = ours.runs.flatMap(of);
    if (peers.length === 0) return [figureOf(metric, unit, own)];
    return peers.flatMap(({ name, runs }) => {
      const measured = runs.flatMap(of);
      const figure = figureOf(metric, unit, own, { peer: { name, measured } });
      const judged = budget !== undefined && name === "haproxy" ? judge(figure, budget) : figure;
      return [judged, figureOf(`${metric}: ${name}`, unit, measured)];
    });
  });
}

/** A budget of a ratio: the figure keeps it if ours is so many times the peer's. */
function judge(figure: Figure, budget: NonNullable<Kind["budget"]>): Figure {
  const ratio = figure.ratio ?? Number.NaN;
  const limit = "least" in budget ? budget.least : budget.most;
  const withinBudget = "least" in budget ? ratio >= limit : ratio <= limit;
  return { ...figure, budget: limit, withinBudget };
}

function memoryOf(metric: string, pids: readonly number[], budget?: number): Figure {
  const megabytes = pids.map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB$/mu.exec(rollup)?.[1] ?? 0) / 1024;
  });
  return figureOf(metric, "MB", megabytes, budget === undefined ? {} : { budget });
}

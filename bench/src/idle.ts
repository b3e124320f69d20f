import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import type { DevMachine, DevMesh } from "@beemesh/dev";
import { type BenchReport, type Figure, figureOf } from "./report.ts";

/** Ticks of `/proc/<pid>/stat` in a second, as Linux reports them to programs. */
const ticksPerSecond = 100;

/** What a process has used up to a moment. */
export interface Usage {
  readonly pssBytes: number;
  /** Of all its threads, to the nanosecond; its two parts are told in hundredths of a second. */
  readonly cpuSeconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Times that its main thread has gone to sleep, and been woken: what its event loop does. */
  readonly wakes: number;
  /** Switches of all its threads, those that were taken off a processor too. */
  readonly switches: number;
  readonly trafficBytes: number;
  readonly atMs: number;
}

/** What the parts of an idle daemon may cost. */
const budgets = { megabytes: 80, corePercent: 1, bytesPerMinute: 60_000 };

/** How long daemons are looked at to see how often they wake, before the peer is started. */
const paceMs = 5000;

/** An idle Node process that wakes as often: what the same number of wakes costs at the least. */
const peerName = "an idle Node process with a timer that fires as often";

/**
 * What a mesh costs that runs nothing: proportional memory, processor and traffic of each daemon,
 * and what a process costs in the same time that does nothing but wake as often.
 *
 * @param settleMs - How long the mesh is left alone first; connections and caches come to rest.
 * @param measureMs - How long it is then watched, in each run.
 */
export async function benchIdle(
  mesh: DevMesh,
  options: { readonly runs: number; readonly settleMs: number; readonly measureMs: number },
): Promise<BenchReport> {
  const { runs, settleMs, measureMs } = options;
  await pause(settleMs);
  const pace = await spansOf(mesh.machines, paceMs);
  const perSecond = pace.reduce((sum, { wakesPerSecond }) => sum + wakesPerSecond, 0);
  const peer = startPeer(pace.length / Math.max(1, perSecond));
  try {
    const spans: Span[] = [];
    const ofPeer: Span[] = [];
    for (let run = 0; run < runs; run += 1) {
      const all = await spansOf([...mesh.machines, { pid: peer.pid }], measureMs);
      spans.push(...all.slice(0, -1));
      ofPeer.push(...all.slice(-1));
    }
    return { bench: "idle", results: figuresOf(spans, ofPeer, mesh.hasNetwork) };
  } finally {
    const exited = once(peer, "exit");
    peer.kill("SIGKILL");
    await exited;
  }
}

function figuresOf(spans: readonly Span[], peer: readonly Span[], hasNetwork: boolean): Figure[] {
  const of = (name: keyof Span): number[] => spans.map((span) => span[name]);
  const beside = (metric: string, unit: string, name: keyof Span): Figure => {
    const measured = peer.map((span) => span[name]);
    return figureOf(metric, unit, of(name), { peer: { name: peerName, measured } });
  };
  const { megabytes, corePercent, bytesPerMinute: budget } = budgets;
  const cpu = figureOf("processor of a daemon", "% of a core", of("corePercent"), {
    budget: corePercent,
    peer: { name: peerName, measured: peer.map((span) => span.corePercent) },
  });
  const traffic = "traffic of a machine, both ways";
  return [
    figureOf("memory of a daemon (PSS)", "MB", of("megabytes"), { budget: megabytes }),
    cpu,
    figureOf("of it in the program", "s/min", of("userSecondsPerMinute")),
    figureOf("of it in the kernel", "s/min", of("systemSecondsPerMinute")),
    beside("processor of a wake", "ms", "wakeMs"),
    beside("wakes of a daemon's main thread", "1/s", "wakesPerSecond"),
    beside("context switches of a daemon", "1/s", "switchesPerSecond"),
    // Without a network of its own a machine's bytes cannot be told from those of others.
    ...(hasNetwork ? [figureOf(traffic, "bytes/min", of("bytesPerMinute"), { budget })] : []),
  ];
}

/** What one process used in a span of time; memory at its end. */
export interface Span {
  readonly megabytes: number;
  readonly corePercent: number;
  readonly userSecondsPerMinute: number;
  readonly systemSecondsPerMinute: number;
  readonly wakesPerSecond: number;
  /** Processor time of one wake, all threads together, in milliseconds. */
  readonly wakeMs: number;
  readonly switchesPerSecond: number;
  readonly bytesPerMinute: number;
}

/** What was used between two looks. */
export function spanOf(start: Usage, end: Usage): Span {
  const seconds = (end.atMs - start.atMs) / 1000;
  const cpu = end.cpuSeconds - start.cpuSeconds;
  const wakes = end.wakes - start.wakes;
  return {
    megabytes: end.pssBytes / 1024 ** 2,
    corePercent: (100 * cpu) / seconds,
    userSecondsPerMinute: (60 * (end.userSeconds - start.userSeconds)) / seconds,
    systemSecondsPerMinute: (60 * (end.systemSeconds - start.systemSeconds)) / seconds,
    wakesPerSecond: wakes / seconds,
    wakeMs: (1000 * cpu) / Math.max(1, wakes),
    switchesPerSecond: (end.switches - start.switches) / seconds,
    bytesPerMinute: (60 * (end.trafficBytes - start.trafficBytes)) / seconds,
  };
}

type Process = Partial<Pick<DevMachine, "pid" | "host">>;

async function spansOf(processes: readonly Process[], measureMs: number): Promise<Span[]> {
  const before = await Promise.all(processes.map(usageOf));
  await pause(measureMs);
  const after = await Promise.all(processes.map(usageOf));
  return after.map((end, index) => spanOf(before[index] ?? end, end));
}

/** A process that fires a timer, and does nothing then. */
function startPeer(everySeconds: number): ChildProcess {
  const code = `setInterval(() => {}, ${Math.max(1, 1000 * everySeconds)})`;
  return spawn(process.execPath, ["-e", code], { stdio: "ignore" });
}

/** What a process has used up to now. */
export async function usageOf({ pid = 0, host }: Process): Promise<Usage> {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name is in brackets and may hold blanks; what follows it does not.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const tasks = readdirSync(`/proc/${pid}/task`);
  const threads = tasks.map((thread) => switchesOf(pid, thread));
  const traffic = await host?.traffic();
  return {
    pssBytes: Number(/^Pss:\s+(\d+) kB$/mu.exec(rollup)?.[1] ?? 0) * 1024,
    cpuSeconds: tasks.reduce((sum, thread) => sum + secondsOf(pid, thread), 0),
    userSeconds: Number(fields[11]) / ticksPerSecond,
    systemSeconds: Number(fields[12]) / ticksPerSecond,
    wakes: switchesOf(pid, String(pid)).voluntary,
    switches: threads.reduce((sum, { voluntary, forced }) => sum + voluntary + forced, 0),
    trafficBytes: (traffic?.receivedBytes ?? 0) + (traffic?.sentBytes ?? 0),
    atMs: performance.now(),
  };
}

/** Time that a thread was on a processor (proc(5), schedstat); none of one that is gone. */
function secondsOf(pid: number, thread: string): number {
  try {
    return (
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e9
    );
  } catch {
    return 0;
  }
}

/** Context switches of a thread so far (proc(5)); none of one that is gone. */
function switchesOf(pid: number, thread: string): { voluntary: number; forced: number } {
  try {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    const count = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)$`, "mu").exec(status)?.[1] ?? 0);
    return {
      voluntary: count("voluntary_ctxt_switches"),
      forced: count("nonvoluntary_ctxt_switches"),
    };
  } catch {
    return { voluntary: 0, forced: 0 };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

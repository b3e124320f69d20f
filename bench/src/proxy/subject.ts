import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import { type Program, run, runOrThrow } from "@beemesh/lab";

/** A way from a client to the service of `service.ts`, through two proxies. */
export interface Subject {
  readonly name: string;
  /** What is put before a client's command so that it runs where the way begins. */
  readonly enter: readonly string[];
  readonly host: string;
  /** Of the echo, the sink and the page. */
  readonly ports: readonly number[];
  /** The processes that carry the bytes. */
  readonly pids: readonly number[];
}

/** What one run over a subject gave. */
export interface Measured {
  readonly oneGbps: number;
  readonly manyGbps: number;
  readonly cpuSecondsPerGigabyte: number;
  readonly echoMicros: readonly number[];
  readonly connectionsPerSecond: number;
  readonly requestsPerSecond: number;
  readonly pacedMicros: readonly number[];
}

/** How much each kind of load is: small enough for many rounds on a small computer. */
export interface LoadSize {
  readonly megabytes: number;
  readonly echoes: number;
  readonly connections: number;
  readonly requests: number;
  readonly wrkSeconds: number;
}

/** Ticks of `/proc/<pid>/stat` in a second, as Linux reports them to programs. */
const ticksPerSecond = 100;

/** Longest that one kind of load may take, in milliseconds. */
const loadMsMax = 120_000;

const serviceProgram = join(import.meta.dirname, "service.ts");
const loadProgram = join(import.meta.dirname, "load.ts");

/** Starts the service where `enter` leads to; settled when it listens. */
export async function startService(
  enter: readonly string[],
  host: string,
  ports: readonly number[],
): Promise<ChildProcess> {
  const argv = [...enter, process.execPath, serviceProgram, host, ...ports.map(String)];
  const [command = "", ...rest] = argv;
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const [said]: unknown[] = await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => [""]),
  ]);
  if (String(said).startsWith("ready")) return child;
  throw new BeeError("bench-failed", "Cannot measure proxies: the service behind did not start");
}

/** Ends a process and waits until it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Runs every kind of load over a subject once. */
export async function measure(
  subject: Subject,
  size: LoadSize,
  wrk: Program | undefined,
): Promise<Measured> {
  const [echo = 0, sink = 0, page = 0] = subject.ports;
  const load = (kind: string, port: number, count: number, parallel = 1): Promise<number[]> =>
    loadOf(subject, [kind, subject.host, String(port), String(count), String(parallel)]);
  const [oneGbps = 0] = await load("throughput", sink, size.megabytes, 1);
  const cpuBefore = cpuSecondsOf(subject.pids);
  const [manyGbps = 0] = await load("throughput", sink, size.megabytes, 32);
  const cpuSeconds = cpuSecondsOf(subject.pids) - cpuBefore;
  return {
    oneGbps,
    manyGbps,
    cpuSecondsPerGigabyte: (cpuSeconds * 1000) / (size.megabytes * 1.048_576),
    echoMicros: await load("echo", echo, size.echoes),
    connectionsPerSecond: (await load("connect", echo, size.connections, 8))[0] ?? 0,
    requestsPerSecond: await requestsPerSecond(subject, page, size, wrk),
    pacedMicros: await load("pace", page, size.requests),
  };
}

async function loadOf(subject: Subject, argv: readonly string[]): Promise<number[]> {
  const whole = [...subject.enter, process.execPath, loadProgram, ...argv];
  const printed = await runOrThrow(whole, { timeoutMs: loadMsMax });
  const numbers: unknown = JSON.parse(printed);
  if (Array.isArray(numbers)) return numbers.map(Number);
  throw new BeeError("bench-failed", `Cannot measure ${subject.name}: ${printed}`);
}

/** Requests that `wrk` gets answered a second, over 16 connections; NaN without wrk. */
async function requestsPerSecond(
  { enter, host, name }: Subject,
  port: number,
  { wrkSeconds }: LoadSize,
  wrk: Program | undefined,
): Promise<number> {
  if (wrk === undefined) return Number.NaN;
  const argv = [wrk.path, "-t1", "-c16", `-d${wrkSeconds}s`, `http://${host}:${port}/`];
  const { stdout } = await run([...enter, ...argv], { env: wrk.env, timeoutMs: loadMsMax });
  const rate = Number(/Requests\/sec:\s+([\d.]+)/u.exec(stdout)?.[1] ?? Number.NaN);
  if (Number.isFinite(rate) && !stdout.includes("Non-2xx")) return rate;
  throw new BeeError("bench-failed", `Cannot measure ${name} with wrk: ${stdout.trim()}`);
}

/** Processor time that processes have used so far; of one that is gone nothing. */
function cpuSecondsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name is in brackets and may hold blanks; what follows it does not.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseJson } from "@beemesh/wire";
import { numberAt, textAt } from "./answer.ts";

/**
 * A process that cannot be mistaken for another: numbers are used again, but not by a process
 * that started in the same clock tick.
 */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from boot to its start, and which boot that was. */
  readonly start: string;
}

/** What /proc/PID/stat says of a process. Source: proc_pid_stat(5). */
export interface ProcessStat {
  /** One letter; Z has ended and waits to be collected. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Of the process and of its children that ended, in clock ticks. */
  readonly cpuTicks: number;
  /** From boot to its start, field 22. */
  readonly startTicks: string;
}

/** What Linux shows to programs, whatever its own timer does. */
const ticksPerSecond = 100;

/** How often a process is looked at that must end: a KILL takes effect within milliseconds. */
const lookMs = 5;

/** The numbers of all processes that this one can see. Empty on a system without /proc. */
export function processNumbers(): number[] {
  try {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** Undefined if there is no such process. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readProc(pid, "stat");
  // The name stands in brackets and may itself hold brackets and spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 22) return undefined;
  const ticks = (...indexes: number[]): number =>
    indexes.reduce((sum, index) => sum + Number(fields[index]), 0);
  return {
    state: fields[0] ?? "",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    cpuTicks: ticks(11, 12, 13, 14),
    startTicks: fields[19] ?? "",
  };
}

/** What all processes of a session use together: what a process group of ours started is in it. */
export function usageOf(session: number): { cpuNanoseconds: number; memoryBytes: number } {
  let cpuTicks = 0;
  let memoryKib = 0;
  for (const pid of processNumbers()) {
    const stat = statOf(pid);
    if (stat?.session !== session) continue;
    cpuTicks += stat.cpuTicks;
    memoryKib += Number(/^VmRSS:\s+(\d+) kB/mu.exec(readProc(pid, "status"))?.[1] ?? 0);
  }
  return { cpuNanoseconds: (cpuTicks * 1e9) / ticksPerSecond, memoryBytes: memoryKib * 1024 };
}

/** The identity of a running process, undefined if it has ended. */
export function identify(pid: number): ProcessId | undefined {
  return statOf(pid)?.state === "Z" ? undefined : identifyChild(pid);
}

/**
 * The identity of a child that was started in this turn of the event loop, also if it has ended
 * since: until the turn is over nobody collects it, so its number is still its own.
 */
export function identifyChild(pid: number): ProcessId | undefined {
  const stat = statOf(pid);
  return stat && { pid, start: `${stat.startTicks}@${bootId()}` };
}

/** Whether this very process still runs. */
export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.start === id.start;
}

/** The command line, words separated by spaces; empty if it cannot be read. */
export function commandLineOf(pid: number): string {
  return readProc(pid, "cmdline").replaceAll("\0", " ");
}

/** Whether a variable of the process's first environment is `folder` or a path below it. */
export function hasEnvironmentBelow(pid: number, name: string, folder: string): boolean {
  const environment = `\0${readProc(pid, "environ")}`;
  return ["\0", "/"].some((next) => environment.includes(`\0${name}=${folder}${next}`));
}

/** The paths of a process's control groups, without the names of the controllers. */
export function controlGroupsOf(pid: number): string[] {
  return readProc(pid, "cgroup")
    .split("\n")
    .map((line) => line.split(":").slice(2).join(":"))
    .filter((path) => path !== "");
}

/** Sends a signal; nothing if the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already, which is what was wanted.
  }
}

/** Sends a signal to this very process and waits until it has ended or `waitMs` have passed. */
export async function end(id: ProcessId, name: NodeJS.Signals, waitMs: number): Promise<boolean> {
  const until = performance.now() + waitMs;
  if (isAlive(id)) signal(id.pid, name);
  while (isAlive(id)) {
    if (performance.now() > until) return false;
    await sleep(lookMs);
  }
  return true;
}

/** Reads what {@link identify} gave, out of what was kept on disk. */
export function readProcessId(text: string): ProcessId | undefined {
  const value = parseJson(text);
  const id = { pid: numberAt(value, "pid"), start: textAt(value, "start") };
  return id.pid > 0 ? id : undefined;
}

/** A name of this boot of the computer; empty if it has none. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

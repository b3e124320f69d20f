import { existsSync, readFileSync } from "node:fs";
import { findCommand } from "./command.ts";

/** What this computer offers to a container engine, found out and not configured. */
export interface Host {
  readonly cgroups: "v2" | "v1" | "none";
  /** systemd runs here, so it owns the control groups. */
  readonly systemd: boolean;
  readonly limits: ResourceLimits;
  /** OCI runtimes that are installed, the one that suits this host best first. */
  readonly ociRuntimes: readonly string[];
}

/** What a container may ask for: never more than this process itself has. */
export interface ResourceLimits {
  readonly openFilesMax: number;
  readonly processesMax: number;
}

/** Kubernetes' engines give a container this many at most; more makes old programs slow. */
const openFilesMax = 1_048_576;
const processesMax = 4_194_304;

/** Looks at the computer that this process runs on. */
export function lookAtHost(): Host {
  const cgroups = cgroupVersion();
  return {
    cgroups,
    systemd: existsSync("/run/systemd/system"),
    limits: ownLimits(),
    ociRuntimes: ociRuntimes(cgroups),
  };
}

/** Podman lowers its own limit of processes to the highest number that a process can have. */
function ownLimits(): ResourceLimits {
  const { openFilesMax: files, processesMax: processes } = parseLimits(
    readIfThere("/proc/self/limits"),
  );
  const numberMax = Number(readIfThere("/proc/sys/kernel/pid_max")) || processes;
  return { openFilesMax: files, processesMax: Math.min(processes, numberMax) };
}

/** Reads the hard limits out of /proc/PID/limits. Source: proc_pid_limits(5). */
export function parseLimits(text: string): ResourceLimits {
  const hard = (name: string, ceiling: number): number => {
    const value = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, "mu").exec(text)?.[1];
    return Math.min(ceiling, value === undefined ? ceiling : Number(value));
  };
  return {
    openFilesMax: hard("Max open files", openFilesMax),
    processesMax: hard("Max processes", processesMax),
  };
}

/** crun is the faster one, but before control groups v2 it refuses hybrid hierarchies. */
function ociRuntimes(cgroups: Host["cgroups"]): string[] {
  const names = cgroups === "v2" ? ["crun", "runc"] : ["runc", "crun"];
  return names.filter((name) => findCommand(name) !== undefined);
}

function cgroupVersion(): Host["cgroups"] {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) return "v2";
  return existsSync("/sys/fs/cgroup/memory") ? "v1" : "none";
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

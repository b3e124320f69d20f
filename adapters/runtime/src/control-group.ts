import { readFileSync } from "node:fs";
import { join } from "node:path";
import { identify, processNumbers } from "./process-table.ts";

/** What the kernel counted for the processes of one container. */
export interface GroupCounts {
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

const root = "/sys/fs/cgroup";

/** Where a container's numbers are: one folder (v2), or one for each controller (v1). */
export interface ControlGroup {
  readonly cpu: string;
  readonly memory: string;
  readonly version: "v1" | "v2";
}

/**
 * Finds the control groups out of the text of /proc/PID/cgroup. Source: cgroups(7).
 *
 * @returns Undefined if the process is in none of its own.
 */
export function parseControlGroup(text: string): ControlGroup | undefined {
  const paths = new Map<string, string>();
  for (const line of text.split("\n").filter((candidate) => candidate !== "")) {
    const [, controllers = "", ...path] = line.split(":");
    for (const controller of controllers.split(",")) paths.set(controller, path.join(":"));
  }
  const memory = paths.get("memory");
  const cpu = paths.get("cpuacct");
  const unified = paths.get("");
  if (memory !== undefined && cpu !== undefined) {
    return { version: "v1", memory: join(root, "memory", memory), cpu: join(root, "cpuacct", cpu) };
  }
  if (unified === undefined || unified === "/") return undefined;
  const path = join(root, unified);
  return { version: "v2", memory: path, cpu: path };
}

/** The control group of a running process; undefined if it has ended, collected or not. */
export function controlGroupOf(pid: number): ControlGroup | undefined {
  return identify(pid) && parseControlGroup(read(`/proc/${pid}/cgroup`));
}

/**
 * What is counted now; undefined if the group is gone. Memory that can be given back at once is
 * left out.
 */
export function countsOf(group: ControlGroup): GroupCounts | undefined {
  const used = read(join(group.memory, names[group.version].memory));
  if (used === "") return undefined;
  const inactive = field(read(join(group.memory, "memory.stat")), names[group.version].inactive);
  const cpu =
    group.version === "v1"
      ? Number(read(join(group.cpu, "cpuacct.usage")))
      : 1000 * field(read(join(group.cpu, "cpu.stat")), "usage_usec");
  return { cpuNanoseconds: cpu, memoryBytes: Math.max(0, Number(used) - inactive) };
}

/** Whether the kernel killed a process of this group because its memory was used up. */
export function ranOutOfMemory(group: ControlGroup): boolean {
  const { events } = names[group.version];
  return field(read(join(group.memory, events)), "oom_kill") > 0;
}

/** The processes whose control group's path holds `part`. */
export function processesIn(part: string): number[] {
  return processNumbers().filter((pid) => read(`/proc/${pid}/cgroup`).includes(part));
}

/** Source: the kernel's documentation, cgroup-v1/memory and cgroup-v2. */
const names = {
  v1: {
    memory: "memory.usage_in_bytes",
    inactive: "total_inactive_file",
    events: "memory.oom_control",
  },
  v2: { memory: "memory.current", inactive: "inactive_file", events: "memory.events" },
} as const;

function field(text: string, name: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.split(" ")[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

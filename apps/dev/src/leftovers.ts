import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Programs that hold a store: they are known by the store's path on their command line. */
const keepers = new Set(["conmon", "podman"]);
/** So often processes are ended that others may have started meanwhile. */
const roundsMax = 20;
const roundMs = 25;
/** Control groups of containers lie at most so deep. */
const groupDepthMax = 5;

/** Where a development mesh may have left something. */
export interface Traces {
  /** Of all that the mesh kept. */
  readonly directory: string;
  /** Name of its network. */
  readonly network: string;
  /** Folders outside of the directory. */
  readonly folders: readonly string[];
  /** Ids of the containers that were there. */
  readonly containers: readonly string[];
}

/**
 * Names everything of a development mesh that is still on this computer. What cannot be looked at
 * is named too: the list is empty only if there is nothing.
 */
export function findLeftovers({ directory, network, folders, containers }: Traces): string[] {
  const places = [directory, ...folders];
  return [
    ...blindness(),
    ...processesOf(directory).map((pid) => `process ${pid}: ${commandOf(pid)}`),
    ...places.flatMap(mountsOf).map((path) => `mount: ${path}`),
    ...namespacesOf(network).map((name) => `network namespace: ${name}`),
    ...groupsOf(containers).map((path) => `control group: ${path}`),
    ...places.filter((path) => existsSync(path)).map((path) => `directory: ${path}`),
  ];
}

/** What keeps this process from seeing leftovers; nothing where it can see. */
function blindness(): string[] {
  if (process.platform !== "linux") return [];
  const isSeen = processNumbers().includes(process.pid) && read("/proc/self/mountinfo") !== "";
  return isSeen
    ? []
    : ["unknown: processes and mounts cannot be listed, for /proc is not readable"];
}

/** Ends every process of a mesh, whoever started it. */
export async function sweep(directory: string): Promise<void> {
  for (let round = 0; round < roundsMax; round += 1) {
    const victims = processesOf(directory);
    if (victims.length === 0) return;
    for (const pid of victims) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone already.
      }
    }
    await pause(roundMs);
  }
}

/** Whether any machine of a run is there, wherever the run keeps its directory. */
export function isRunAlive(id: string): boolean {
  return processNumbers().some((pid) =>
    read(`/proc/${pid}/environ`)
      .split("\0")
      .some((line) => line.endsWith(`/beemesh-dev-${id}`)),
  );
}

/** The namespaces of a network. */
export function namespacesOf(network: string): string[] {
  const folder = "/run/netns";
  return existsSync(folder)
    ? readdirSync(folder).filter((name) => name.startsWith(`beemesh-${network}-`))
    : [];
}

/** When a process began, in clock ticks since the boot; empty if it has ended. */
export function startOf(pid: number): string {
  const text = read(`/proc/${pid}/stat`);
  if (text !== "") {
    // The name stands in brackets and may itself hold brackets and spaces.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  }
  try {
    process.kill(pid, 0);
    return process.platform === "linux" ? "" : "alive";
  } catch {
    return "";
  }
}

function processesOf(directory: string): number[] {
  return processNumbers().filter((pid) => pid !== process.pid && isOf(pid, directory));
}

/**
 * Whether a process belongs to the mesh. A person's shell and what it runs may well mention the
 * directory: those are none of ours.
 */
function isOf(pid: number, directory: string): boolean {
  if (startOf(pid) === "") return false;
  const environment = `\0${read(`/proc/${pid}/environ`)}\0`;
  if (environment.includes(`\0BEEMESH_DEV=${directory}\0`)) return true;
  if (environment.includes(`\0BEEMESH_STORE=${directory}/`)) return true;
  const argv = read(`/proc/${pid}/cmdline`).split("\0");
  const mentions = argv.some((word) => word.includes(`${directory}/`));
  if (mentions && keepers.has(basename(argv[0] ?? ""))) return true;
  return !isInOurMounts(pid) && read(`/proc/${pid}/mountinfo`).includes(`${directory}/`);
}

/** Whether a process sees the same mounts as this one, as those outside of containers do. */
function isInOurMounts(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync("/proc/self/ns/mnt");
  } catch {
    return true;
  }
}

function mountsOf(directory: string): string[] {
  return read("/proc/self/mountinfo")
    .split("\n")
    .filter((line) => line.includes(`${directory}/`))
    .map((line) => line.split(" ")[4] ?? line);
}

/** Removes the control groups of containers whose processes are gone. */
export function removeGroups(containers: readonly string[]): void {
  // What lies deeper goes first.
  for (const path of groupsOf(containers).toReversed()) {
    try {
      rmdirSync(path);
    } catch {
      // Still in use: it is named as a leftover.
    }
  }
}

function groupsOf(containers: readonly string[]): string[] {
  const known = [...containers].filter((id) => /^[0-9a-f]{64}$/u.test(id));
  if (known.length === 0) return [];
  return foldersBelow("/sys/fs/cgroup", groupDepthMax).filter((path) =>
    known.some((id) => basename(path).includes(id)),
  );
}

function foldersBelow(folder: string, depth: number): string[] {
  if (depth === 0) return [];
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`)
      .flatMap((path) => [path, ...foldersBelow(path, depth - 1)]);
  } catch {
    return [];
  }
}

function processNumbers(): number[] {
  try {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

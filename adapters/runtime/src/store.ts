import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "./command.ts";
import { processesIn } from "./control-group.ts";
import { unmountUnder } from "./mounts.ts";
import { forgetRun, storePaths } from "./podman-service.ts";
import {
  commandLineOf,
  controlGroupsOf,
  end,
  hasEnvironmentBelow,
  identify,
  type ProcessId,
  processNumbers,
  statOf,
} from "./process-table.ts";

/** A process may have started another one before it was killed: so often it is looked again. */
const roundsMax = 20;

/** A process in the kernel's hands ends when the kernel is done with it. */
const killMsMax = 5000;

/** Programs that hold a store: they are known by the store's path on their command line. */
const keepers = new Set(["conmon", "podman"]);

/**
 * Ends everything that runs in a store, at once and without a word, as a power cut would: the
 * engine's service, the containers and who watches over them, the pods' sidecars. What is on disk
 * stays as it is.
 *
 * @param folder - The folder that was given to a runtime driver. Nothing if it is not there.
 */
export async function killStore(folder: string): Promise<void> {
  for (let round = 0; round < roundsMax; round += 1) {
    const victims = processesOf(folder);
    if (victims.length === 0) return;
    const groups = victims.flatMap(({ pid }) => controlGroupsOf(pid));
    await Promise.all(victims.map((victim) => end(victim, "SIGKILL", killMsMax)));
    for (const group of new Set(groups)) removeControlGroup(group);
  }
}

/**
 * Makes a store whose processes are dead look as it does after a reboot: nothing is mounted, and
 * what the engine keeps in memory is gone. A driver can be opened on it again.
 */
export async function forgetBoot(folder: string): Promise<void> {
  await unmountUnder(folder);
  for (const part of storesIn(folder)) {
    await unmountUnder(storePaths(part).run);
    forgetRun(part);
    rmSync(join(part, "sidecars"), { recursive: true, force: true });
  }
}

/** Ends everything that runs in a store and removes it with all its mounts and control groups. */
export async function destroyStore(folder: string): Promise<void> {
  await killStore(folder);
  await forgetBoot(folder);
  if (existsSync(folder)) await run("rm", ["-rf", "--one-file-system", folder]);
}

/** Where a store keeps what must have a short path, if that is not in its folder. */
export function outsideOfStore(folder: string): string | undefined {
  const paths = storePaths(join(folder, "podman"));
  return paths.run.startsWith(`${folder}/`) ? undefined : paths.run;
}

/** The folder itself, or the folders that drivers made in it. */
function storesIn(folder: string): string[] {
  return [folder, join(folder, "podman"), join(folder, "process")].filter((path) =>
    existsSync(path),
  );
}

/** Who holds the store, their children, and whoever is in a control group of its containers. */
function processesOf(folder: string): ProcessId[] {
  const all = processNumbers().filter((pid) => pid !== process.pid);
  const found = new Set(all.filter((pid) => holdsStore(pid, folder)));
  const containers = [...found].flatMap((pid) => containerIdOf(pid));
  for (const pid of containers.flatMap((id) => processesIn(id))) found.add(pid);
  for (let grown = 0; grown !== found.size; ) {
    grown = found.size;
    for (const pid of all) if (found.has(statOf(pid)?.parent ?? 0)) found.add(pid);
  }
  return [...found].flatMap((pid) => identify(pid) ?? []);
}

function holdsStore(pid: number, folder: string): boolean {
  if (hasEnvironmentBelow(pid, "BEEMESH_STORE", folder)) return true;
  const line = commandLineOf(pid);
  return keepers.has(basename(line.split(" ")[0] ?? "")) && line.includes(`${folder}/`);
}

/** Conmon says on its command line whom it watches over. */
function containerIdOf(pid: number): string[] {
  const id = / -c ([0-9a-f]{64}) /u.exec(commandLineOf(pid))?.[1];
  return id === undefined ? [] : [id];
}

/** The control group of a container, in each hierarchy. One that others use cannot be removed. */
function removeControlGroup(path: string): void {
  if (!/libpod|beemesh/u.test(path)) return;
  const root = "/sys/fs/cgroup";
  for (const folder of [
    join(root, path),
    ...readdirSync(root).map((name) => join(root, name, path)),
  ]) {
    try {
      rmdirSync(folder);
    } catch {
      // In use, or not there: either is fine.
    }
  }
}

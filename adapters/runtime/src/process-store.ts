import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PodFolder } from "./pod-folder.ts";
import { readLaunched } from "./process-container.ts";
import {
  end,
  hasEnvironmentBelow,
  identify,
  isAlive,
  processNumbers,
  statOf,
} from "./process-table.ts";

/** A container of the process driver that runs. */
export interface StoredProcess {
  /** Of its pod. */
  readonly uid: string;
  /** The command of the container itself, not the shell that waits for it. */
  readonly pid: number;
}

/** How long a KILL may take. */
const killMsMax = 5000;

/**
 * The containers of the process driver that run, found on disk without the driver: what somebody
 * at the machine's console sees.
 *
 * @param folder - The folder that was given to the runtime. Empty if it holds no such pods.
 */
export function processesOfStore(folder: string): StoredProcess[] {
  const pods = podsOf(folder);
  return namesIn(pods).flatMap((uid) =>
    namesIn(join(pods, uid, "containers")).flatMap((attempt) => {
      const launched = readLaunched(join(pods, uid, "containers", attempt));
      if (launched === undefined || !isAlive(launched.id)) return [];
      return [{ uid, pid: commandOf(launched.id.pid) }];
    }),
  );
}

/**
 * Takes a pod of the process driver away behind the driver's back: its folder, then its processes.
 *
 * @throws {BeeError} `pod-unknown` for a uid that cannot be one.
 */
export async function removeProcessPod(folder: string, uid: string): Promise<void> {
  const { path } = new PodFolder(podsOf(folder), uid, false);
  rmSync(path, { recursive: true, force: true });
  const left = processNumbers().filter((pid) => hasEnvironmentBelow(pid, "BEEMESH_STORE", path));
  await Promise.all(left.flatMap((pid) => identify(pid) ?? []).map(kill));
}

function kill(id: NonNullable<ReturnType<typeof identify>>): Promise<boolean> {
  return end(id, "SIGKILL", killMsMax);
}

function podsOf(folder: string): string {
  return join(folder, "process", "pods");
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** The shell's first child; the shell itself where it has none yet. */
function commandOf(shell: number): number {
  return processNumbers().find((pid) => statOf(pid)?.parent === shell) ?? shell;
}

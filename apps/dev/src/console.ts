import { BeeError } from "@beemesh/base";
import { runOrThrow } from "@beemesh/lab";
import { processesOfStore, removeProcessPod } from "@beemesh/runtime";
import { isJsonObject, parseJson } from "@beemesh/wire";

/** What somebody at a machine's own console sees and does, past the daemon. */
export interface Console {
  /** The containers that run, without those that only hold a pod together. */
  containers(): Promise<readonly ConsoleContainer[]>;
  /** Removes a pod; the daemon is not told. */
  remove(uid: string): Promise<void>;
}

interface ConsoleContainer {
  /** Of its pod. */
  readonly uid: string;
  /** Its main process, as this computer numbers it. */
  readonly pid: number;
}

/** A kind of runtime that a machine has. */
export type RuntimeName = "podman" | "process";

/**
 * The console of a machine.
 *
 * @param folder - Where the machine's runtime keeps its images and pods.
 */
export function openConsole(runtime: RuntimeName, folder: string): Console {
  if (runtime === "podman") return podmanConsole(`unix://${folder}/podman/podman.sock`);
  return {
    containers: async () => processesOfStore(folder),
    remove: (uid) => removeProcessPod(folder, uid),
  };
}

/** What Podman prints of one container, as far as it matters here. */
interface Listed extends ConsoleContainer {
  readonly pod: string;
}

function podmanConsole(url: string): Console {
  const podman = ["podman", "--url", url];
  const list = async (filter: string): Promise<Listed[]> => {
    const argv = [...podman, "ps", "--filter", filter, "--format", "json"];
    return readListing(await runOrThrow(argv));
  };
  return {
    containers: () => list("label=io.beemesh.uid"),
    remove: async (uid) => {
      const [container] = await list(`label=io.beemesh.uid=${uid}`);
      if (container === undefined) {
        throw new BeeError("check-failed", `Cannot remove pod ${uid}: none of it runs here`);
      }
      await runOrThrow([...podman, "pod", "rm", "-f", "-t", "0", container.pod]);
    },
  };
}

/** Reads what `podman ps --format json` printed. */
export function readListing(text: string): Listed[] {
  const containers = parseJson(text, { lengthMax: 64 * 1024 * 1024, depthMax: 32 });
  return (Array.isArray(containers) ? containers : []).filter(isJsonObject).flatMap((container) => {
    const { Labels: labels, Pid: pid, Pod: pod, IsInfra: isInfra } = container;
    const uid = isJsonObject(labels) ? labels["io.beemesh.uid"] : undefined;
    if (isInfra === true || typeof uid !== "string" || typeof pid !== "number") return [];
    return [{ uid, pid, pod: typeof pod === "string" ? pod : "" }];
  });
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import type { Runtime } from "@beemesh/ports";
import { textAt } from "./answer.ts";
import { findCommand } from "./command.ts";
import { type Host, lookAtHost } from "./host.ts";
import type { ImageImporter } from "./image-source.ts";
import { LibpodClient } from "./libpod-client.ts";
import { lackForNamespaces } from "./namespaces.ts";
import { PodmanRuntime } from "./podman.ts";
import { PodmanService } from "./podman-service.ts";
import { ProcessRuntime } from "./process.ts";

export interface RuntimeOptions {
  /** `auto` takes Podman where it can be used, else processes. */
  readonly driver: "auto" | "podman" | "process";
  /** Holds the driver's images, pods and sockets. Absolute, at most 70 bytes. */
  readonly directory: string;
  /** The sidecar's program: its bundle, or `main.ts`. */
  readonly sidecarPath: string;
  /** Keeps what waits in a pod's device while its sidecar is raised anew; see `Sidecars`. */
  readonly takeDevice?: ((pid: number) => number | undefined) | undefined;
  /** Tells machines apart that share one Podman. */
  readonly machine?: string;
  /** The socket of a Podman that runs already; without it the driver runs one of its own. */
  readonly socket?: string;
  /** Told which driver was chosen and why. */
  readonly onChoice?: (reason: string) => void;
}

/** Sockets lie some folders below, and the path of a socket has at most 107 bytes. */
const directoryBytesMax = 70;

/**
 * Opens the runtime of this computer.
 *
 * @throws {BeeError} `runtime-unavailable` if the driver that was asked for cannot be used here;
 *   the message says what is wrong and what to do.
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime & ImageImporter> {
  if (Buffer.byteLength(options.directory) > directoryBytesMax) {
    const state = `${options.directory} is longer than ${directoryBytesMax} bytes`;
    throw new BeeError("runtime-unavailable", `Cannot open runtime: ${state}`);
  }
  if (options.driver === "process") {
    options.onChoice?.("process: asked for");
    return openProcess(options, "asked for");
  }
  try {
    const runtime = await openPodman(options);
    options.onChoice?.(`podman: ${(await runtime.check()).version}`);
    return runtime;
  } catch (error) {
    const isUnusable = error instanceof BeeError && error.code === "runtime-unavailable";
    if (options.driver === "podman" || !isUnusable) throw error;
    options.onChoice?.(`process: ${error.message}`);
    return openProcess(options, error.message);
  }
}

function openProcess(options: RuntimeOptions, reason: string): Promise<ProcessRuntime> {
  return ProcessRuntime.open({ folder: join(options.directory, "process"), reason });
}

async function openPodman(options: RuntimeOptions): Promise<PodmanRuntime> {
  const host = lookAtHost();
  const trouble = troubleWithPodman(host, options.socket);
  if (trouble !== undefined) {
    throw new BeeError("runtime-unavailable", `Cannot use Podman: ${trouble}`);
  }
  const folder = join(options.directory, "podman");
  const podman = findCommand("podman") ?? "podman";
  const service =
    options.socket === undefined ? new PodmanService({ folder, podman, host }) : undefined;
  await service?.start();
  const socketPath = service?.socketPath ?? options.socket ?? "";
  try {
    return await PodmanRuntime.open({
      folder,
      machine: options.machine ?? "local",
      sidecarPath: options.sidecarPath,
      takeDevice: options.takeDevice,
      host,
      socketPath,
      service,
      description: await describe(socketPath, host),
    });
  } catch (error) {
    await service?.close();
    throw error;
  }
}

/** What keeps Podman from being used here; undefined if nothing does. */
function troubleWithPodman(host: Host, socket: string | undefined): string | undefined {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "it needs root, to make the networks of pods";
  if (socket === undefined && findCommand("podman") === undefined) {
    return "it is not installed (Debian: apt-get install podman)";
  }
  if (socket !== undefined && !existsSync(socket)) return `there is no socket at ${socket}`;
  const lack = lackForNamespaces();
  if (lack !== undefined) return lack;
  if (host.ociRuntimes.length > 0) return undefined;
  return "there is no OCI runtime for it (Debian: apt-get install runc)";
}

async function describe(socketPath: string, host: Host): Promise<string> {
  const client = new LibpodClient(socketPath);
  try {
    const info = await client.must("ask Podman", { method: "GET", path: "/info" });
    const version = textAt(info, "version", "Version");
    return `podman ${version}, ${host.ociRuntimes[0] ?? ""}, cgroups ${host.cgroups}`;
  } finally {
    client.close();
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BeeError, hashOf } from "@beemesh/base";
import { toolPath } from "./command.ts";
import type { Host } from "./host.ts";
import { LibpodClient } from "./libpod-client.ts";
import { bootId, end, identify, readProcessId } from "./process-table.ts";

/** How long Podman may take to answer after its start: on a slow disk it checks its whole store. */
const startMsMax = 20_000;

/** How often a starting service is asked whether it is there. */
const askMs = 10;

/** Waits before a service that died is started again: doubled from the first to the last. */
const againMsMin = 100;
const againMsMax = 10_000;

export interface PodmanServiceOptions {
  /** Holds the images, the containers and the socket; mode 0700. */
  readonly folder: string;
  readonly podman: string;
  readonly host: Host;
}

/** Podman refuses a longer `--runroot`, for sockets lie in it. */
const runRootBytesMax = 50;

/** The parts of a store. What is in `tmp` and `run` counts for one boot of the computer only. */
export function storePaths(folder: string): Record<"root" | "run" | "tmp" | "socket", string> {
  const part = (name: string): string => join(folder, name);
  const isShort = Buffer.byteLength(part("run")) <= runRootBytesMax;
  const run = isShort ? part("run") : `/run/beemesh/${hashOf(folder).toString(36)}`;
  return { root: part("root"), run, tmp: part("tmp"), socket: part("podman.sock") };
}

/** Forgets what counts for one boot only. Nothing of it may be mounted any more. */
export function forgetRun(folder: string): void {
  const { run, tmp } = storePaths(folder);
  for (const path of [run, tmp]) rmSync(path, { recursive: true, force: true });
}

/**
 * A Podman of our own: a store in our folder and the service that speaks for it. It is started
 * again when it dies; containers do not notice, for each is watched over by its own conmon.
 */
export class PodmanService {
  readonly #options: PodmanServiceOptions;
  readonly socketPath: string;
  #child: ChildProcess | undefined;
  #closed = false;
  #againMs = againMsMin;
  #startedAt = 0;

  constructor(options: PodmanServiceOptions) {
    this.#options = options;
    this.socketPath = storePaths(options.folder).socket;
  }

  /** Throws BeeError `runtime-unavailable` with Podman's own words if it does not come up. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await this.#endEarlierOne();
    this.#noticeReboot();
    writeFileSync(join(folder, "containers.conf"), this.#configuration());
    this.#spawn();
    await this.#answering();
  }

  /** Ends the service. Containers go on. */
  async close(): Promise<void> {
    this.#closed = true;
    const id = identify(this.#child?.pid ?? 0);
    // Podman waits long for streams that are still open; nothing is lost by cutting them.
    if (id !== undefined && !(await end(id, "SIGTERM", 1000))) await end(id, "SIGKILL", 2000);
    rmSync(join(this.#options.folder, "service.json"), { force: true });
  }

  #spawn(): void {
    const { folder, podman } = this.#options;
    const { root, run, tmp, socket } = storePaths(folder);
    rmSync(socket, { force: true });
    const log = openSync(join(folder, "podman.log"), "w", 0o600);
    const args = ["--root", root, "--runroot", run, "--tmpdir", tmp];
    const child = spawn(podman, [...args, "system", "service", "--time=0", `unix://${socket}`], {
      // Conmon leaves notes in the folder where its Podman was started.
      cwd: folder,
      // In a group of its own, so that Ctrl-C at a terminal reaches us and not it.
      detached: true,
      stdio: ["ignore", "ignore", log],
      env: {
        ...process.env,
        PATH: toolPath(),
        CONTAINERS_CONF: join(folder, "containers.conf"),
        BEEMESH_STORE: folder,
      },
    });
    closeSync(log);
    this.#child = child;
    this.#startedAt = performance.now();
    const id = identify(child.pid ?? 0);
    if (id !== undefined) writeFileSync(join(folder, "service.json"), JSON.stringify(id));
    child.on("error", () => {});
    child.on("exit", () => this.#startAgain());
    child.unref();
  }

  #startAgain(): void {
    if (this.#closed) return;
    if (performance.now() - this.#startedAt > againMsMax) this.#againMs = againMsMin;
    setTimeout(() => {
      if (!this.#closed) this.#spawn();
    }, this.#againMs).unref();
    this.#againMs = Math.min(2 * this.#againMs, againMsMax);
  }

  async #answering(): Promise<void> {
    const client = new LibpodClient(this.socketPath);
    const until = performance.now() + startMsMax;
    try {
      for (;;) {
        const answer = await client.call({ method: "GET", path: "/_ping" }).catch(() => undefined);
        if (answer !== undefined) return;
        if (this.#hasEnded() || performance.now() > until) throw this.#notStarted();
        await sleep(askMs);
      }
    } finally {
      client.close();
    }
  }

  #hasEnded(): boolean {
    return this.#child?.pid === undefined || this.#child.exitCode !== null;
  }

  #notStarted(): BeeError {
    this.#closed = true;
    const log = readFileSync(join(this.#options.folder, "podman.log"), "utf8").trim();
    const reason = log.split("\n").at(-1) || "it ended without a word";
    return new BeeError("runtime-unavailable", `Cannot start Podman: ${reason}`);
  }

  /**
   * Podman takes a reboot for what empties its `--tmpdir`. Ours is on a disk, so we empty it:
   * otherwise the containers of before would be running for ever.
   */
  #noticeReboot(): void {
    const { folder } = this.#options;
    const path = join(folder, "boot");
    if (existsSync(path) && readFileSync(path, "utf8") !== bootId()) forgetRun(folder);
    writeFileSync(path, bootId());
  }

  async #endEarlierOne(): Promise<void> {
    const path = join(this.#options.folder, "service.json");
    const id = existsSync(path) ? readProcessId(readFileSync(path, "utf8")) : undefined;
    if (id !== undefined) await end(id, "SIGKILL", 2000);
  }

  /**
   * What Podman must know of this host. Locks are files of this store: by default they lie in a
   * shared memory that all stores of a computer have in common, and a store that dies keeps its.
   */
  #configuration(): string {
    const { cgroups, limits, ociRuntimes, systemd } = this.#options.host;
    const { openFilesMax, processesMax } = limits;
    const both = (name: string, limit: number): string => `${name}=${limit}:${limit}`;
    const quote = (text: string): string => JSON.stringify(text);
    return [
      "[containers]",
      `default_ulimits = ["${both("nofile", openFilesMax)}", "${both("nproc", processesMax)}"]`,
      ...(cgroups === "none" ? ['cgroups = "disabled"'] : []),
      "[engine]",
      'lock_type = "file"',
      'events_logger = "file"',
      `cgroup_manager = ${quote(systemd ? "systemd" : "cgroupfs")}`,
      ...(ociRuntimes[0] === undefined ? [] : [`runtime = ${quote(ociRuntimes[0])}`]),
      "",
    ].join("\n");
  }
}

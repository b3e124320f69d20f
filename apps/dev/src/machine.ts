import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import type { Host } from "@beemesh/lab";
import { destroyStore, forgetBoot, killStore } from "@beemesh/runtime";
import { type Client, createClient } from "./client.ts";
import { type Console, openConsole, type RuntimeName } from "./console.ts";
import { seeNodes } from "./pods.ts";
import { until } from "./until.ts";

/** How long a daemon may take to answer after its start, in milliseconds. */
const startMsMax = 60_000;
/** How long a daemon may take to drain at SIGTERM before it is killed. */
const drainMsMax = 15_000;

/** Where one machine of a development mesh lives. */
export interface DevMachineOptions {
  readonly name: string;
  readonly data: string;
  /** The program's own file, to start daemons with. */
  readonly program: string;
  readonly host: Host | undefined;
  readonly runtime: RuntimeName;
  readonly flags: readonly string[];
  /** Port of the API on the loopback of its host. */
  readonly apiPort: number;
  /** Where other machines reach it, as a multiaddr. */
  readonly meshAddress: string;
  /** By which everything that the machine starts is found again. */
  readonly environment: Readonly<Record<string, string>>;
}

/** One machine of a development mesh: a daemon in a process of its own, on a host of its own. */
export class DevMachine {
  readonly name: string;
  readonly data: string;
  readonly host: Host | undefined;
  readonly #options: DevMachineOptions;
  readonly #console: Console;
  #isClosed = false;
  #daemon: ChildProcess | undefined;
  #client: Client | undefined;

  constructor(options: DevMachineOptions) {
    this.name = options.name;
    this.data = options.data;
    this.host = options.host;
    this.#options = options;
    this.#console = openConsole(options.runtime, this.runtimeFolder);
  }

  get logPath(): string {
    return join(this.data, "daemon.log");
  }

  get apiSocket(): string {
    return join(this.data, "run", "api.sock");
  }

  get httpSocket(): string {
    return join(this.data, "run", "http.sock");
  }

  /** Where the machine's images and pods are. */
  get runtimeFolder(): string {
    return join(this.data, "runtime");
  }

  get podmanSocket(): string {
    return join(this.data, "runtime", "podman", "podman.sock");
  }

  /** The machine's kubeconfig, for a kubectl on its own host. */
  get kubeconfig(): string {
    return join(this.data, "kubeconfig");
  }

  get apiPort(): number {
    return this.#options.apiPort;
  }

  get meshAddress(): string {
    return this.#options.meshAddress;
  }

  get runtime(): RuntimeName {
    return this.#options.runtime;
  }

  /** What commands have in their environment that are run for this machine. */
  get environment(): Readonly<Record<string, string>> {
    return this.#options.environment;
  }

  get pid(): number | undefined {
    return this.#daemon?.pid;
  }

  get isRunning(): boolean {
    return (
      this.#daemon !== undefined &&
      this.#daemon.exitCode === null &&
      this.#daemon.signalCode === null
    );
  }

  /** The command line that runs a command of `beemesh` on this machine. */
  command(...argv: string[]): string[] {
    const { host, program } = this.#options;
    return [...(host?.enter ?? []), process.execPath, program, ...argv];
  }

  /**
   * Starts the daemon; what it says goes to {@link logPath}.
   *
   * @throws {BeeError} `machine-closed` after {@link destroy}.
   */
  start(): void {
    const { flags, environment, runtime } = this.#options;
    if (this.#isClosed) {
      throw new BeeError("machine-closed", `Cannot start ${this.name}: it is being removed`);
    }
    const own = ["--data", this.data, "--name", this.name];
    const [command = "", ...rest] = this.command("up", ...own, "--runtime", runtime, ...flags);
    const output = openSync(this.logPath, "a");
    // In a group of its own, so that Ctrl-C at a terminal reaches us, and we say who ends when.
    this.#daemon = spawn(command, rest, {
      stdio: ["ignore", output, output],
      detached: true,
      env: { ...process.env, ...environment },
    });
    closeSync(output);
  }

  /**
   * Waits until the API answers.
   *
   * @throws {BeeError} `machine-silent` with the end of its log.
   */
  async ready(): Promise<void> {
    const deadline = performance.now() + startMsMax;
    while (performance.now() < deadline && this.isRunning) {
      const answered = await this.client()
        .call("GET", "/readyz")
        .then(({ status }) => status === 200)
        .catch(() => false);
      if (answered) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const log = readFileSync(this.logPath, "utf8").split("\n").slice(-12).join("\n");
    throw new BeeError("machine-silent", `Cannot reach machine ${this.name}: its log ends\n${log}`);
  }

  /** Waits until this machine sees so many machines ready. */
  async untilReadyMachines(count: number): Promise<void> {
    await until(`${count} ready machines on ${this.name}`, startMsMax, async () => {
      const ready = (await seeNodes(this.client())).filter(({ isReady }) => isReady);
      return ready.length === count ? true : undefined;
    });
  }

  /** A client of the machine's API through its socket, from whatever host. */
  client(): Client {
    this.#client ??= createClient({
      kubeconfig: readFileSync(this.kubeconfig, "utf8"),
      socketPath: this.apiSocket,
      timeoutMs: 5000,
    });
    return this.#client;
  }

  /** Writes a kubeconfig for this machine's API at a port of this computer; gives its path. */
  async kubeconfigFor(port: number, path: string): Promise<string> {
    const text = readFileSync(this.kubeconfig, "utf8");
    writeFileSync(path, text.replace(/https:\/\/127\.0\.0\.1:\d+/u, `https://127.0.0.1:${port}`), {
      mode: 0o600,
    });
    return path;
  }

  /** The process of a pod's first container. */
  async mainProcessOf(uid: string): Promise<number> {
    const containers = await this.#console.containers();
    const container = containers.find((candidate) => candidate.uid === uid);
    if (container !== undefined) return container.pid;
    throw new BeeError("check-failed", `Cannot find the container of pod ${uid} on ${this.name}`);
  }

  /** Removes a pod as somebody at this machine's console would; the daemon is not told. */
  async removeBehindBack(uid: string): Promise<void> {
    await this.#console.remove(uid);
  }

  /** The uids of the pods whose containers run on this machine. */
  async podsHere(): Promise<string[]> {
    if (!this.isRunning) return [];
    const containers = await this.#console.containers();
    return [...new Set(containers.map(({ uid }) => uid))];
  }

  /** Lets the daemon drain; kills it if it takes too long. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || !this.isRunning) return;
    daemon.kill("SIGTERM");
    await ended(daemon, drainMsMax);
    await this.#kill();
  }

  /** What a power cut does: the daemon and every container of the machine are gone at once. */
  async powerOff(): Promise<void> {
    await this.#kill();
    await killStore(this.runtimeFolder);
  }

  /** Makes the machine look freshly booted, after {@link powerOff}. */
  async boot(): Promise<void> {
    await forgetBoot(this.runtimeFolder);
    this.start();
  }

  /** Ends the daemon and removes its containers, stores and mounts; it cannot be started again. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    await this.#kill();
    await destroyStore(this.runtimeFolder);
  }

  async #kill(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || !this.isRunning) return;
    daemon.kill("SIGKILL");
    await ended(daemon, drainMsMax);
  }
}

function ended(child: ChildProcess, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, withinMs);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

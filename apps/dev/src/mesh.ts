import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import { isNetworkPossible, type Network, openNetwork, runOrThrow } from "@beemesh/lab";
import { createRuntime, makeHelloImage } from "@beemesh/runtime";
import { sidecarProgram } from "@beemesh/sidecar";
import type { RuntimeName } from "./console.ts";
import { type DevRun, networkNameOf, openRun, removeRun } from "./dev-run.ts";
import { findFreePorts } from "./free-ports.ts";
import { unlessAborted } from "./interruption.ts";
import { DevMachine } from "./machine.ts";

/** A mesh of several machines on this computer, for trying, testing and measuring. */
export interface DevMesh {
  readonly machines: readonly DevMachine[];
  /** The directory of all that it keeps. */
  readonly directory: string;
  readonly runtime: RuntimeName;
  /** Whether each machine is a host of its own, with a cable that can be cut. */
  readonly hasNetwork: boolean;
  /** Ends and removes everything, and names what could not be removed. Harmless when repeated. */
  close(): Promise<readonly string[]>;
}

export interface DevMeshOptions {
  readonly count: number;
  /** The program's own file, to start daemons with. */
  readonly program: string;
  readonly runtime: "auto" | RuntimeName;
  /** More of what daemons are started with, such as `--node-port-host`, `0.0.0.0`. */
  readonly flags?: readonly string[];
  /** Told what is being done, for people to read. */
  readonly tell: (what: string) => void;
  /** Ends the making; what was made is removed again. */
  readonly signal?: AbortSignal;
}

/** How many machines a mesh on one computer may have: each takes some 60 MB and a start. */
const machinesMax = 20;

/**
 * Makes a mesh: hosts, keys, certificates, and a running daemon on each machine.
 *
 * @throws {BeeError} `machine-silent`, `command-failed`, `interrupted`, `runtime-unavailable`,
 *   `mesh-impossible`; everything made is removed again, and what could not be is told.
 */
export async function openDevMesh(options: DevMeshOptions): Promise<DevMesh> {
  if (!Number.isInteger(options.count) || options.count < 1 || options.count > machinesMax) {
    const message = `Cannot make ${options.count} machines: 1 to ${machinesMax} are possible`;
    throw new BeeError("mesh-impossible", message);
  }
  const building = new Building(options);
  try {
    return await building.build();
  } catch (error) {
    for (const leftover of await building.close()) options.tell(`could not remove: ${leftover}`);
    throw error;
  }
}

/** A mesh while it is made: whatever there is of it can be removed at any moment. */
class Building {
  readonly #options: DevMeshOptions;
  readonly #run: DevRun = openRun();
  #network: Network | undefined;
  #machines: readonly DevMachine[] = [];
  #closing: Promise<readonly string[]> | undefined;

  constructor(options: DevMeshOptions) {
    this.#options = options;
  }

  async build(): Promise<DevMesh> {
    const { count, tell, signal } = this.#options;
    const { directory } = this.#run;
    await this.#layCables();
    const runtime = await this.#plantFirstImage();
    this.#machines = await this.#makeMachines(runtime);
    await this.#found();
    tell(`starting ${count} machines`);
    for (const machine of this.#machines) machine.start();
    await this.#step(Promise.all(this.#machines.map((machine) => machine.ready())));
    signal?.throwIfAborted();
    const hasNetwork = this.#network !== undefined;
    return { machines: this.#machines, directory, runtime, hasNetwork, close: () => this.close() };
  }

  close(): Promise<readonly string[]> {
    this.#closing ??= this.#remove();
    return this.#closing;
  }

  async #remove(): Promise<readonly string[]> {
    await Promise.all(this.#machines.map((machine) => machine.stop().catch(() => undefined)));
    await Promise.all(this.#machines.map((machine) => machine.destroy().catch(() => undefined)));
    await this.#network?.close();
    return removeRun(this.#run);
  }

  /** One step of the making; ends early when the whole is interrupted. */
  #step<Result>(doing: Promise<Result>): Promise<Result> {
    return unlessAborted(this.#options.signal, doing);
  }

  async #layCables(): Promise<void> {
    const { count, tell } = this.#options;
    if (!isNetworkPossible()) {
      tell("without root: machines share this computer's loopback, no network can be cut");
      return;
    }
    tell(`laying cables for ${count} machines`);
    // Not ended early: what it makes is only known when it is made.
    this.#network = await openNetwork(networkNameOf(this.#run), count);
    this.#options.signal?.throwIfAborted();
  }

  /** Finds out how pods can be run here, by doing it. */
  async #plantFirstImage(): Promise<RuntimeName> {
    this.#options.tell("making the example's image");
    return this.#plantImage(this.#runtimeFolderOf(0), this.#options.runtime);
  }

  #runtimeFolderOf(index: number): string {
    return join(this.#run.directory, `m${index + 1}`, "runtime");
  }

  /**
   * Puts the example's image into a machine's own store, so that it needs no registry. Not ended
   * early: what it starts it must also stop.
   */
  async #plantImage(directory: string, driver: "auto" | RuntimeName): Promise<RuntimeName> {
    this.#options.signal?.throwIfAborted();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const opened = await createRuntime({
      driver,
      directory,
      sidecarPath: sidecarProgram(),
      onChoice: (reason) => {
        if (driver === "auto") this.#options.tell(`pods run as ${reason}`);
      },
    });
    try {
      this.#options.signal?.throwIfAborted();
      await makeHelloImage(opened);
      return opened.name === "podman" ? "podman" : "process";
    } finally {
      await opened.close();
    }
  }

  async #makeMachines(runtime: RuntimeName): Promise<readonly DevMachine[]> {
    const { count, program, flags: more = [] } = this.#options;
    const { directory } = this.#run;
    const ports = this.#network === undefined ? await findFreePorts(3 * count) : [];
    return Array.from({ length: count }, (_, index) => {
      const host = this.#network?.hosts[index];
      const name = `m${index + 1}`;
      const data = join(directory, name);
      mkdirSync(data, { recursive: true, mode: 0o700 });
      const own = host === undefined ? ports.slice(3 * index, 3 * index + 3) : hostPorts;
      const [meshPort = 0, apiPort = 0, httpPort = 0] = own;
      const flags =
        host === undefined
          ? loopbackFlags({ meshPort, apiPort, httpPort, firstMeshPort: ports[0] ?? 0 })
          : [];
      const address = host?.address ?? "127.0.0.1";
      const meshAddress = `/ip4/${address}/tcp/${meshPort}`;
      const environment = { BEEMESH_DEV: directory };
      const place = { name, data, program, host, runtime };
      const all = [...flags, ...more];
      return new DevMachine({ ...place, flags: all, environment, apiPort, meshAddress });
    });
  }

  /** The first machine makes the mesh, the others join by its token; each gets its kubeconfig. */
  async #found(): Promise<void> {
    const [first, ...others] = this.#machines;
    if (first === undefined) return;
    const on = (machine: DevMachine, ...argv: string[]): Promise<string> =>
      this.#step(
        // What is cut short is found by its environment, and ended before its files are removed.
        runOrThrow(machine.command(...argv, "--data", machine.data), {
          env: machine.environment,
          timeoutMs: commandMsMax,
        }),
      );
    this.#options.tell("making the mesh");
    await on(first, "init");
    const token = (await on(first, "token", "--address", first.meshAddress)).trim();
    // A token is a password, and command lines can be read by everybody.
    await inGroups(others, (machine) => {
      const argv = machine.command("join", "-", "--data", machine.data);
      const { environment: env } = machine;
      return this.#step(runOrThrow(argv, { env, input: token, timeoutMs: commandMsMax }));
    });
    await inGroups(this.#machines, (machine) => writeOwnKubeconfig(machine, first, on));
    await inGroups(others, ({ runtimeFolder, runtime }) =>
      this.#plantImage(runtimeFolder, runtime),
    );
  }
}

/** How long one may take, in milliseconds: on a busy computer a start alone takes many seconds. */
const commandMsMax = 120_000;

/** Commands that run at once: each is a program that takes a second of one processor. */
const groupMax = 4;

/**
 * Does something with each of many, a few at a time. All of a group have ended before it fails, so
 * that nothing is still being made while what was made is removed.
 */
async function inGroups<Item>(
  items: readonly Item[],
  doing: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += groupMax) {
    const group = items.slice(from, from + groupMax).map(doing);
    for (const outcome of await Promise.allSettled(group)) {
      if (outcome.status === "rejected") throw outcome.reason;
    }
  }
}

async function writeOwnKubeconfig(
  machine: DevMachine,
  owner: DevMachine,
  on: (machine: DevMachine, ...argv: string[]) => Promise<string>,
): Promise<void> {
  const server = `https://127.0.0.1:${machine.apiPort}`;
  const text = await on(machine, "kubeconfig", "--owner", owner.data, "--server", server);
  writeFileSync(machine.kubeconfig, text, { mode: 0o600 });
}

/** Ports of a machine that has a host of its own: of the mesh, the API, and services. */
const hostPorts = [4100, 6443, 8080];

/** Settings of a machine that shares this computer's loopback with others. */
function loopbackFlags(ports: {
  readonly meshPort: number;
  readonly apiPort: number;
  readonly httpPort: number;
  readonly firstMeshPort: number;
}): string[] {
  return Object.entries({
    "mesh-host": "127.0.0.1",
    "mesh-port": ports.meshPort,
    bootstrap: `/ip4/127.0.0.1/tcp/${ports.firstMeshPort}`,
    mdns: false,
    "api-port": ports.apiPort,
    "http-port": ports.httpPort,
    "workload-port": 0,
  }).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}

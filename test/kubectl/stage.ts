/** The mesh of three machines that all clients share, and the clients of this computer. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { findPackaged } from "../../adapters/lab/src/index.ts";
import {
  type DevMesh,
  type DevMeshOptions,
  type Forward,
  openDevMesh,
  openForward,
} from "../../apps/dev/src/index.ts";
import { kubectls } from "../kubectls.ts";
import { Client } from "./client.ts";
import type { Place } from "./scene.ts";

const machinesCount = 3;

const program = join(import.meta.dirname, "../../apps/cli/src/main.ts");

/**
 * The clients of this computer, and Debian's own, which is old; one of a version, oldest first.
 */
export function findClients(): readonly Client[] {
  const packaged = findPackaged("kubectl");
  const paths = packaged === undefined ? kubectls : [...kubectls, packaged.path];
  const clients = new Map(paths.map(clientOf).map((each) => [each.minor, each]));
  return [...clients.values()].toSorted((a, b) => a.minor - b.minor);
}

function clientOf(path: string): Client {
  const { stdout } = spawnSync(path, ["version", "--client", "-o", "json"], { encoding: "utf8" });
  const minor = /"minor": "(?<minor>\d+)/u.exec(stdout)?.groups?.["minor"];
  assert(minor !== undefined, `${path} says its version: ${stdout}`);
  return new Client(path, Number(minor));
}

export class Stage {
  readonly mesh: DevMesh;
  readonly #forwards: readonly Forward[];

  private constructor(mesh: DevMesh, forwards: readonly Forward[]) {
    this.mesh = mesh;
    this.#forwards = forwards;
  }

  /** Everything made is removed again if this fails. */
  static async open(options: Pick<DevMeshOptions, "runtime" | "tell" | "signal">): Promise<Stage> {
    const mesh = await openDevMesh({ ...options, program, count: machinesCount });
    try {
      await Promise.all(mesh.machines.map((each) => each.untilReadyMachines(machinesCount)));
      const forwards = mesh.machines.map((each) => openForward(0, each.apiSocket));
      return new Stage(mesh, await Promise.all(forwards));
    } catch (error) {
      await mesh.close();
      throw error;
    }
  }

  /** Whether pods are containers here. */
  get hasContainers(): boolean {
    return this.mesh.runtime === "podman";
  }

  /** Whether a group is served. */
  async serves(group: string): Promise<boolean> {
    const { status } = await this.#machine(0).client().call("GET", `/apis/${group}`);
    return status === 200;
  }

  /**
   * A namespace of its own for a client and what it does, on a machine that goes round.
   *
   * @param turn - Which machine is asked; the next one is looked at.
   */
  async place(client: Client, family: string, turn: number): Promise<Place> {
    const { machines } = this.mesh;
    const order = machines.map((_, index) => (turn + index) % machines.length);
    const [near = 0, far = 0] = order;
    const namespace = `${family}-${client.minor}`;
    const folder = join(this.mesh.directory, "kubectl", namespace);
    mkdirSync(folder, { recursive: true });
    const port = this.#forwards[near]?.port ?? 0;
    const kubeconfig = await this.#machine(near).kubeconfigFor(port, join(folder, "config"));
    const api = this.#machine(near).client();
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    const made = await api.call("POST", "/api/v1/namespaces", body);
    assert.equal(made.status, 201, made.text);
    return {
      client,
      namespace,
      folder,
      cache: join(this.mesh.directory, "kubectl", `cache-${client.minor}`),
      kubeconfig,
      near: api,
      far: this.#machine(far).client(),
      machines: order.map((index) => this.#machine(index).name),
    };
  }

  /** Removes everything, and says what could not be. */
  async close(): Promise<readonly string[]> {
    await Promise.all(this.#forwards.map((forward) => forward.close()));
    return this.mesh.close();
  }

  #machine(index: number): DevMesh["machines"][number] {
    const machine = this.mesh.machines[index];
    assert(machine, `there is machine ${index + 1}`);
    return machine;
  }
}

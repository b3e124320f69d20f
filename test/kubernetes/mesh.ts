/** A mesh that all tests of a file share. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DevMesh, openDevMesh } from "../../apps/dev/src/index.ts";
import { makeImage } from "../workload/image.ts";
import { Client } from "./client.ts";
import { guestbookImage } from "./guestbook-image.ts";
import { World } from "./world.ts";

const program = join(import.meta.dirname, "../../apps/cli/src/main.ts");

/** The image of the pods that tests make: busybox. */
export const image = "localhost/beemesh-kubernetes-tools:1";

/** Prints its arguments, behind a word of its own. */
export const echoImage = {
  name: "localhost/beemesh-kubernetes-echo:1",
  entrypoint: ["/bin/echo", "says"],
  cmd: ["defaults"],
} as const;

/** Machines that run, and a client of the first. */
export class Mesh {
  readonly client: Client;
  readonly #mesh: DevMesh;
  #worlds = 0;

  private constructor(mesh: DevMesh, client: Client) {
    this.#mesh = mesh;
    this.client = client;
  }

  /** @param runtime - What pods run as: processes need nothing, and run no image but the example's. */
  static async open(count: number, runtime: "podman" | "process"): Promise<Mesh> {
    // Pods in Podman have hosts of their own here, whose ports are nobody else's.
    const flags = runtime === "podman" ? ["--node-port-host", "0.0.0.0"] : [];
    const mesh = await openDevMesh({ count, runtime, program, flags, tell: () => undefined });
    try {
      const [first] = mesh.machines;
      if (first === undefined) throw new Error("there is a machine");
      const sockets = mesh.machines.map(({ podmanSocket }) => podmanSocket);
      await Promise.all([
        ...(runtime === "podman" ? [plantImages(sockets)] : []),
        ...mesh.machines.map((machine) => machine.untilReadyMachines(count)),
      ]);
      const kubeconfig = readFileSync(first.kubeconfig, "utf8");
      return new Mesh(mesh, new Client(kubeconfig, first.apiSocket));
    } catch (error) {
      await mesh.close();
      throw error;
    }
  }

  get machines(): DevMesh["machines"] {
    return this.#mesh.machines;
  }

  /** Runs a test in a namespace of its own, which is gone afterwards. */
  async play(behaviour: (world: World) => Promise<void>): Promise<void> {
    this.#worlds += 1;
    const name = `world-${this.#worlds}`;
    const world = new World(this, name);
    await world.ok("POST /api/v1/namespaces", { kind: "Namespace", metadata: { name } });
    try {
      await behaviour(world);
    } finally {
      await world.close();
    }
  }

  /** Ends and removes everything; what could not be removed. */
  async close(): Promise<readonly string[]> {
    this.client.close();
    return this.#mesh.close();
  }
}

async function plantImages(sockets: readonly string[]): Promise<void> {
  const mounted = { path: process.execPath, env: {} };
  for (const parts of [{ name: image, mounted }, echoImage, guestbookImage]) {
    await makeImage(sockets, { programs: [], ...parts });
  }
}

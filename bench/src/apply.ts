import type { DevMesh } from "@beemesh/dev";
import type { PodmanTimer } from "./podman-timer.ts";
import { type BenchReport, figureOf } from "./report.ts";
import { createDeployment, deleteDeployment, untilRunning } from "./workload.ts";

/** What BeeMesh may add to Podman's own time, at the 99th percentile, in milliseconds. */
const budgetMs = 250;

/** Rounds before the first that counts: code and caches warm up, on both sides. */
const warmUpRounds = 2;

/**
 * How long a pod takes from the API call to Running, and how much of that is not Podman's: the
 * time that Podman itself needs to create and start the same is measured in the same run, right
 * before, in the same store.
 *
 * @param options.podman - Undefined where pods are processes; then there is no peer.
 */
export async function benchApply(
  mesh: DevMesh,
  options: { readonly runs: number; readonly podman: PodmanTimer | undefined },
): Promise<BenchReport> {
  const [machine] = mesh.machines;
  if (machine === undefined) throw new Error("Cannot measure apply: the mesh has no machine");
  const { runs, podman } = options;
  const whole: number[] = [];
  const peer: number[] = [];
  for (let round = -warmUpRounds; round < runs; round += 1) {
    const name = `apply-${round + warmUpRounds}`;
    const podmanMs = (await podman?.()) ?? 0;
    const start = performance.now();
    await createDeployment(machine.client(), name, 1);
    await untilRunning(machine, name, 1);
    const took = performance.now() - start;
    await deleteDeployment(machine.client(), name);
    if (round < 0) continue;
    whole.push(took);
    peer.push(podmanMs);
  }
  if (podman === undefined) {
    return { bench: "apply", results: [figureOf("apply to Running", "ms", whole)] };
  }
  const beyond = whole.map((took, index) => Math.max(0, took - (peer[index] ?? 0)));
  const name = "Podman create + start";
  return {
    bench: "apply",
    results: [
      figureOf("apply to Running", "ms", whole, { peer: { name, measured: peer } }),
      figureOf(name, "ms", peer),
      figureOf("apply to Running beyond Podman's own time", "ms", beyond, { budget: budgetMs }),
    ],
  };
}

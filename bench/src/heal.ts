import type { DevMachine, DevMesh } from "@beemesh/dev";
import { type BenchReport, type Figure, figureOf } from "./report.ts";
import { createDeployment, deleteDeployment, untilRunning } from "./workload.ts";

/** How long a workload may be short of pods, in milliseconds. */
const budgetMs = 3000;

/** A way to lose a machine; settled when it is lost in full. */
type Loss = (victim: DevMachine) => Promise<void>;

/** The process of the machine and all it runs are killed: its connections are reset. */
const killed: Loss = (victim) => victim.powerOff();

/** The cable goes first, so nobody hears anything any more: the others must find out. */
const silent: Loss = async (victim) => {
  await victim.host?.unplug();
  await victim.powerOff();
};

/** How long a workload is short of pods after a machine is lost with all that it ran. */
export async function benchHeal(
  mesh: DevMesh,
  { runs }: { readonly runs: number },
): Promise<BenchReport> {
  const budget = { budget: budgetMs };
  const results: Figure[] = [
    figureOf("machine killed to replacement Running", "ms", await lose(mesh, runs, killed), budget),
  ];
  if (mesh.hasNetwork) {
    const measured = await lose(mesh, runs, silent);
    results.push(figureOf("machine silent to replacement Running", "ms", measured, budget));
  }
  return { bench: "heal", results };
}

async function lose(mesh: DevMesh, runs: number, loss: Loss): Promise<number[]> {
  const [first, ...others] = mesh.machines;
  const victim = others.at(-1);
  if (first === undefined || victim === undefined) {
    throw new Error("Cannot measure healing: the mesh has one machine");
  }
  const count = mesh.machines.length;
  const measured: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const name = `${loss.name}-${run}`;
    await createDeployment(first.client(), name, count);
    await untilRunning(first, name, count);
    const isElsewhere = ({ node }: { readonly node: string }): boolean => node !== victim.name;
    // Counted from the blow, not from when the last process of the victim is gone.
    const lost = loss(victim);
    measured.push(await untilRunning(first, name, count, isElsewhere));
    await lost;
    await returns(mesh, victim);
    await deleteDeployment(first.client(), name);
  }
  return measured;
}

/** Boots the victim again, and waits until the mesh is whole. */
async function returns(mesh: DevMesh, victim: DevMachine): Promise<void> {
  await victim.host?.plug();
  await victim.boot();
  await victim.ready();
  const count = mesh.machines.length;
  await Promise.all(mesh.machines.map((machine) => machine.untilReadyMachines(count)));
}

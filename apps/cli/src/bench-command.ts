import {
  type BenchReport,
  benchApi,
  benchApply,
  benchHeal,
  benchIdle,
  benchProxy,
  benchSidecar,
  createPodmanTimer,
  drawReport,
} from "@beemesh/bench";
import { type DevMesh, openDevMesh, watchInterruption } from "@beemesh/dev";
import { type Command, InvalidArgumentError, Option } from "commander";

/** What can be measured. */
const benches = ["idle", "apply", "heal", "proxy", "sidecar", "api"] as const;
type BenchName = (typeof benches)[number];

/** Runs of each benchmark if nothing is said: enough for a 99th percentile worth its name. */
const runsOf: Readonly<Record<BenchName, number>> = {
  idle: 1,
  apply: 30,
  heal: 10,
  proxy: 5,
  sidecar: 20,
  api: 20,
};

/** Machines of each benchmark if nothing is said: an API is asked on one. */
const machinesOf: Readonly<Record<BenchName, number>> = {
  idle: 3,
  apply: 3,
  heal: 3,
  proxy: 3,
  sidecar: 3,
  api: 1,
};

/** How long an idle mesh is left alone, and how long it is watched in each run. */
const idleSpans = { settleMs: 30_000, measureMs: 60_000 };

/** How much load each round of `proxy` is. */
const proxySize = {
  megabytes: 512,
  echoes: 5000,
  connections: 2000,
  requests: 10_000,
  wrkSeconds: 3,
};

/** What stands in the API, and how fast it changes, in `api`. */
const apiSize = {
  maps: 10_000,
  pods: 5000,
  narrowWatches: 900,
  wideWatches: 100,
  writesPerSecond: 200,
  writeSeconds: 60,
};

interface BenchFlags {
  readonly runs?: number;
  readonly machines?: number;
  readonly runtime: "auto" | "podman" | "process";
  readonly json?: boolean;
}

/**
 * Adds `beemesh bench`.
 *
 * @param file - The program's own file, which daemons are started with.
 */
export function addBench(program: Command, file: string): void {
  program
    .command("bench")
    .description("measure a mesh of machines on this computer, removed again at the end")
    .argument("<name>", benches.join(", "), benchName)
    .option(
      "--runs <count>",
      "measurements to take (idle 1, apply 30, heal 10, proxy 5, sidecar 20, api 20)",
      count,
    )
    .option("--machines <count>", "how many (3; api 1)", count)
    .addOption(
      new Option("--runtime <name>", "what pods run as")
        .choices(["auto", "podman", "process"])
        .default("auto"),
    )
    .option("--json", "the figures as the last line, as JSON")
    .addHelpText(
      "after",
      `
idle   memory, processor and traffic of machines that run nothing
apply  from the API call to a running pod, and how much of it is not Podman's own time
heal   from the loss of a machine to the replacement running: killed, and gone silent
proxy  from pod to pod through two sidecars, beside pairs of haproxy and stunnel
sidecar  of it alone: how soon a new pod's sidecar is ready, its memory while the mesh grows
api    writes, lists and watches of one machine's API with 15,000 objects, beside etcd if it is here

Example:
  beemesh bench heal --runs 20 --json`,
    )
    .action(async (name: BenchName, flags: BenchFlags) => {
      process.exit(await bench(name, file, flags));
    });
}

async function bench(name: BenchName, file: string, flags: BenchFlags): Promise<number> {
  const tell = (what: string): void => void process.stderr.write(`beemesh: ${what}\n`);
  const { signal, came } = watchInterruption(() => tell("interrupted, removing everything"));
  const { machines: machinesCount = machinesOf[name], runtime, runs = runsOf[name] } = flags;
  const mesh = await openDevMesh({ count: machinesCount, program: file, runtime, tell, signal });
  let report: BenchReport | undefined;
  try {
    for (const machine of mesh.machines) await machine.untilReadyMachines(machinesCount);
    tell(`measuring ${name}, ${runs} runs`);
    report = await Promise.race([measure(name, mesh, { runs, tell }), came.then(() => undefined)]);
  } finally {
    for (const leftover of await mesh.close()) tell(`could not remove: ${leftover}`);
  }
  if (report === undefined) return 130;
  process.stdout.write(`${flags.json === true ? JSON.stringify(report) : drawReport(report)}\n`);
  return report.results.some(({ withinBudget }) => withinBudget === false) ? 1 : 0;
}

async function measure(
  name: BenchName,
  mesh: DevMesh,
  { runs, tell }: { readonly runs: number; readonly tell: (what: string) => void },
): Promise<BenchReport> {
  if (name === "api") return benchApi(mesh, { runs, tell, size: apiSize });
  if (name === "idle") return benchIdle(mesh, { runs, ...idleSpans });
  if (name === "heal") return benchHeal(mesh, { runs });
  if (name === "proxy") return benchProxy(mesh, { runs, size: proxySize });
  if (name === "sidecar") return benchSidecar(mesh, { runs });
  const socket = mesh.machines[0]?.podmanSocket ?? "";
  if (mesh.runtime === "podman")
    return benchApply(mesh, { runs, podman: createPodmanTimer(socket) });
  return benchApply(mesh, { runs, podman: undefined });
}

function benchName(text: string): BenchName {
  const name = benches.find((candidate) => candidate === text);
  if (name === undefined) throw new InvalidArgumentError(`It may be ${benches.join(", ")}.`);
  return name;
}

function count(text: string): number {
  if (/^[1-9]\d{0,3}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError("It may be a whole number from 1 to 9999.");
}

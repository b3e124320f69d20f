import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { unlessAborted } from "./interruption.ts";
import { findKubectl } from "./kubectl.ts";
import type { DevMesh } from "./mesh.ts";
import { seeNodes, seePods } from "./pods.ts";
import type { Stage } from "./stage.ts";
import { classic, deploy, heal, lastSurvivor, meet, partition, reboot, verbs } from "./story.ts";

/** What `beemesh dev --check --json` prints as its last line. */
export interface CheckReport {
  readonly ok: boolean;
  readonly runtime: string;
  readonly machines: number;
  readonly kubectl: string;
  readonly applyToRunningMs: number | null;
  readonly healMs: number | null;
  /** As seen; null where this computer cannot show it, with the reason in `skipped`. */
  readonly lastSurvivorOk: boolean | null;
  readonly rebootOk: boolean | null;
  readonly partitionOk: boolean | null;
  readonly leftovers: readonly string[];
  readonly skipped: readonly string[];
  /** The first thing that could not be seen; empty if all was. */
  readonly failure: string;
}

/** Facts that chapters find; null for what was not reached. */
interface Findings {
  applyToRunningMs: number | null;
  healMs: number | null;
  lastSurvivorOk: boolean | null;
  rebootOk: boolean | null;
  partitionOk: boolean | null;
}

/** Walks the whole story on a mesh, then closes it. Never throws: the report says what failed. */
export async function check(
  mesh: DevMesh,
  options: {
    readonly manifest: string;
    readonly tell: (what: string) => void;
    /** Ends the story. */
    readonly signal?: AbortSignal;
  },
): Promise<CheckReport> {
  const kubectl = await findKubectl(process.env["PATH"] ?? "");
  const stage: Stage = { mesh, kubectl, manifest: options.manifest, tell: options.tell };
  const findings: Findings = {
    applyToRunningMs: null,
    healMs: null,
    lastSurvivorOk: null,
    rebootOk: null,
    partitionOk: null,
  };
  const skipped: string[] = [];
  if (!mesh.hasNetwork) skipped.push("partition: machines share one network without root");
  if (kubectl === undefined) skipped.push("kubectl verbs: there is no kubectl");
  const runtime = await runtimeOf(mesh);
  const failure = await failureOf(() => unlessAborted(options.signal, tellStory(stage, findings)));
  if (failure !== "") await tellOfMachines(mesh, options.tell);
  const machines = mesh.machines.length;
  const leftovers = await mesh.close();
  return {
    ok: failure === "" && leftovers.length === 0,
    runtime,
    machines,
    kubectl: kubectl?.version ?? "",
    ...findings,
    leftovers,
    skipped,
    failure,
  };
}

/** What the first machine says that it runs pods with. */
async function runtimeOf({ machines, runtime }: DevMesh): Promise<string> {
  const nodes =
    machines[0] === undefined ? [] : await seeNodes(machines[0].client()).catch(() => []);
  return nodes[0]?.runtime ?? runtime;
}

/** So many lines of each machine's log are shown when a story has failed. */
const logLines = 25;

/** Shows what is needed to find out why a story failed; afterwards it is all removed. */
async function tellOfMachines({ machines }: DevMesh, tell: (what: string) => void): Promise<void> {
  for (const machine of machines) {
    const pods = await seePods(machine.client()).catch(() => []);
    const seen = pods.map((pod) => `${pod.name} ${pod.phase} on ${pod.node || "none"}`);
    const log = await readFile(machine.logPath, "utf8").catch(() => "");
    tell(`${machine.name} sees: ${seen.join(", ") || "no pods"}`);
    tell(`${machine.name} said last:\n${log.trimEnd().split("\n").slice(-logLines).join("\n")}`);
  }
}

/** What a story failed with; empty if it held. */
async function failureOf(tell: () => Promise<void>): Promise<string> {
  try {
    await tell();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function tellStory(stage: Stage, findings: Findings): Promise<void> {
  const chapter = async <Result>(title: string, tell: () => Promise<Result>): Promise<Result> => {
    const start = performance.now();
    stage.tell(`… ${title}`);
    const result = await tell();
    stage.tell(`✔ ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    return result;
  };
  await chapter("machines find each other", () => meet(stage));
  Object.assign(findings, await chapter("apply against machine 2", () => deploy(stage)));
  await chapter("kubectl's verbs from every machine", () => verbs(stage));
  await chapter("the classic interface", () => classic(stage));
  Object.assign(findings, await chapter("process, pod and machine are killed", () => heal(stage)));
  if (stage.mesh.hasNetwork) {
    findings.partitionOk = false;
    await chapter("the network is cut in two and joined", () => partition(stage));
    findings.partitionOk = true;
  }
  findings.lastSurvivorOk = false;
  const survivor = await chapter("all machines but one are killed", () => lastSurvivor(stage));
  findings.lastSurvivorOk = true;
  findings.rebootOk = false;
  await chapter("the survivor is rebooted without a network", () => reboot(stage, survivor));
  findings.rebootOk = true;
}

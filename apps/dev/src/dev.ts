import { join } from "node:path";
import { drawBoard } from "./board.ts";
import { check } from "./check.ts";
import type { RuntimeName } from "./console.ts";
import { findStaleRuns, removeRun } from "./dev-run.ts";
import { openForward } from "./forward.ts";
import { type Interruption, unlessAborted, watchInterruption } from "./interruption.ts";
import { findKubectl, type Kubectl } from "./kubectl.ts";
import type { DevMachine } from "./machine.ts";
import { type DevMesh, openDevMesh } from "./mesh.ts";
import { seeNodes, seePods } from "./pods.ts";
import { openScreen } from "./screen.ts";
import { apply } from "./stage.ts";

export interface DevOptions {
  /** The program's own file. */
  readonly program: string;
  readonly count: number;
  readonly runtime: "auto" | RuntimeName;
  readonly isCheck: boolean;
  readonly isJson: boolean;
}

/** How often the live table is drawn anew, in milliseconds. */
const drawMs = 1000;

/** Exit code of a program that was interrupted, by custom 128 + SIGINT. */
const interruptedCode = 130;

/** Tells people what is being done. */
type Tell = (what: string) => void;

/**
 * Makes a mesh on this computer, shows it or checks it, and removes it again, also when
 * interrupted at any moment.
 *
 * @returns The exit code: 0 if all went well.
 */
export async function dev(options: DevOptions): Promise<number> {
  const tell: Tell = (what) => void process.stderr.write(`beemesh: ${what}\n`);
  const interruption = watchInterruption(() => tell("interrupted, removing everything"));
  try {
    tellOfStaleRuns(tell);
    const mesh = await openDevMesh({ ...options, tell, signal: interruption.signal });
    return options.isCheck
      ? await walkThrough(mesh, { options, tell, interruption })
      : await present(mesh, tell, interruption);
  } catch (error) {
    if (interruption.signal.aborted) return interruptedCode;
    throw error;
  } finally {
    interruption.release();
  }
}

/**
 * Removes what runs left that could not end properly.
 *
 * @returns The exit code: 0 if nothing is left.
 */
export async function cleanDev(): Promise<number> {
  const tell: Tell = (what) => void process.stderr.write(`beemesh: ${what}\n`);
  const stale = findStaleRuns();
  if (stale.length === 0) tell("nothing was left behind");
  let code = 0;
  for (const run of stale) {
    const leftovers = await removeRun(run);
    tell(`removed ${run.directory}`);
    for (const leftover of leftovers) tell(`could not remove: ${leftover}`);
    if (leftovers.length > 0) code = 1;
  }
  return code;
}

function tellOfStaleRuns(tell: Tell): void {
  for (const { directory } of findStaleRuns()) {
    tell(`an earlier run was cut short and left ${directory}; remove it: beemesh dev --clean`);
  }
}

/** The check: its report is the last line. */
async function walkThrough(
  mesh: DevMesh,
  parts: {
    readonly options: DevOptions;
    readonly tell: Tell;
    readonly interruption: Interruption;
  },
): Promise<number> {
  const { options, tell, interruption } = parts;
  const report = await check(mesh, { manifest, tell, signal: interruption.signal });
  const text = options.isJson ? JSON.stringify(report) : describe(report);
  process.stdout.write(`${text}\n`);
  if (interruption.signal.aborted) return interruptedCode;
  return report.ok ? 0 : 1;
}

/** The live table, until interrupted. */
async function present(mesh: DevMesh, tell: Tell, interruption: Interruption): Promise<number> {
  let failure: unknown;
  try {
    await unlessAborted(interruption.signal, show(mesh, tell, interruption));
  } catch (error) {
    if (!interruption.signal.aborted) failure = error;
  }
  const leftovers = await mesh.close();
  for (const leftover of leftovers) tell(`could not remove: ${leftover}`);
  if (failure !== undefined) throw failure;
  if (leftovers.length === 0) tell("everything is removed");
  return leftovers.length === 0 ? 0 : 1;
}

const manifest = join(import.meta.dirname, "../../../examples/my-stateless-app.yaml");

/** Deploys the example, says what to try, and draws the table until interrupted. */
async function show(mesh: DevMesh, tell: Tell, { came }: Interruption): Promise<void> {
  const kubectl = await findKubectl(process.env["PATH"] ?? "");
  const first = mesh.machines[0];
  if (first === undefined) return;
  tell("waiting until all machines see each other");
  const count = mesh.machines.length;
  await Promise.all(mesh.machines.map((machine) => machine.untilReadyMachines(count)));
  tell("deploying examples/my-stateless-app.yaml");
  await apply({ mesh, kubectl, manifest, tell }, first);
  const api = await openForward(6443, first.apiSocket);
  const http = await openForward(8080, first.httpSocket);
  const config = await first.kubeconfigFor(api.port, join(mesh.directory, "kubeconfig"));
  const hints = hintsOf(config, http.port, kubectl);
  const screen = openScreen(process.stdout);
  const draw = async (): Promise<void> => screen.draw(`${hints}\n\n${await boardOf(first)}`);
  try {
    await draw();
    const timer = setInterval(() => void draw().catch(() => undefined), drawMs);
    await came;
    clearInterval(timer);
  } finally {
    screen.close();
    await api.close();
    await http.close();
  }
}

async function boardOf(machine: DevMachine): Promise<string> {
  const client = machine.client();
  return drawBoard(await seeNodes(client), await seePods(client));
}

function hintsOf(config: string, httpPort: number, kubectl: Kubectl | undefined): string {
  const lines = [
    "kubectl get nodes -o wide",
    "kubectl get pods -o wide -w",
    "kubectl scale deployment/my-stateless-app --replicas=6",
    `curl http://localhost:${httpPort}/`,
  ];
  return [
    `export KUBECONFIG=${config}`,
    "",
    kubectl === undefined ? "Try in another terminal (kubectl is not installed here):" : "Try:",
    ...lines.map((line) => `  ${line}`),
    "",
    "Ctrl-C removes everything again.",
  ].join("\n");
}

function describe(report: Awaited<ReturnType<typeof check>>): string {
  return Object.entries(report)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join("\n");
}

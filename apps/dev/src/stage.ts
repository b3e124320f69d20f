import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { BeeError } from "@beemesh/base";
import { type RunResult, run } from "@beemesh/lab";
import { callUnix } from "./http.ts";
import type { Kubectl } from "./kubectl.ts";
import type { DevMachine } from "./machine.ts";
import type { DevMesh } from "./mesh.ts";
import { type SeenPod, seePods } from "./pods.ts";
import { until } from "./until.ts";

/** The example that the story is told with. */
export const exampleSelector = "app=my-stateless-app";
/** Replicas of the example. */
export const exampleReplicas = 3;

/** What a step of the story works with. */
export interface Stage {
  readonly mesh: DevMesh;
  /** Undefined where there is no kubectl: steps then use the API alone. */
  readonly kubectl: Kubectl | undefined;
  readonly manifest: string;
  readonly tell: (what: string) => void;
}

/** A step failed: what was expected, and what was seen. */
export function expect(condition: boolean, what: string): void {
  if (!condition) throw new BeeError("check-failed", `Cannot see ${what}`);
}

/** Runs kubectl against a machine, on that machine's own host. */
function kubectlOn(
  stage: Stage,
  machine: DevMachine,
  ...argv: readonly string[]
): Promise<RunResult> {
  const { kubectl } = stage;
  if (kubectl === undefined)
    throw new BeeError("kubectl-missing", "Cannot run kubectl: there is none");
  const enter = machine.host?.enter ?? [];
  return run([...enter, kubectl.path, "--kubeconfig", machine.kubeconfig, ...argv], {
    timeoutMs: 60_000,
    env: { ...machine.environment, KUBECACHEDIR: `${machine.data}/kubectl-cache` },
  });
}

/** Runs kubectl, which must succeed, and gives what it printed. */
export async function kubectlOk(
  stage: Stage,
  machine: DevMachine,
  ...argv: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await kubectlOn(stage, machine, ...argv);
  expect(
    code === 0,
    `kubectl ${argv.join(" ")} succeed on ${machine.name}: ${code}: ${stderr.trim()}`,
  );
  return stdout;
}

/** Starts a kubectl that goes on, such as `get -w`, until its output matches; then ends it. */
export async function kubectlSays(
  stage: Stage,
  machine: DevMachine,
  pattern: RegExp,
  ...argv: readonly string[]
): Promise<void> {
  const enter = machine.host?.enter ?? [];
  const [command = "", ...rest] = [
    ...enter,
    stage.kubectl?.path ?? "kubectl",
    "--kubeconfig",
    machine.kubeconfig,
    ...argv,
  ];
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...machine.environment },
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  try {
    await until(`kubectl ${argv.join(" ")} print ${pattern}`, 20_000, () =>
      pattern.test(said) ? true : undefined,
    );
  } finally {
    child.kill("SIGKILL");
  }
}

/** The running and ready pods of the example, as one machine sees them, deleted ones left out. */
export async function healthyPods(
  machine: DevMachine,
  selector = exampleSelector,
): Promise<SeenPod[]> {
  const pods = await seePods(machine.client(), selector);
  return pods.filter((pod) => pod.phase === "Running" && pod.isReady && !pod.isDeleting);
}

/** Waits until a machine sees exactly `count` healthy pods, all on machines that `fits`. */
export async function untilHealthy(
  machine: DevMachine,
  count: number,
  withinMs: number,
  fits: (pod: SeenPod) => boolean = () => true,
): Promise<{ readonly found: SeenPod[]; readonly tookMs: number }> {
  return until(`${count} healthy pods on ${machine.name}`, withinMs, async () => {
    const pods = await healthyPods(machine);
    return pods.length === count && pods.every(fits) ? pods : undefined;
  });
}

/** The machine at a place, which must exist. */
export function machineAt(stage: Stage, index: number): DevMachine {
  const machine = stage.mesh.machines[index];
  if (machine === undefined) throw new BeeError("check-failed", `Cannot find machine ${index + 1}`);
  return machine;
}

/** Applies the example with kubectl, or through the classic interface where there is none. */
export async function apply(stage: Stage, machine: DevMachine): Promise<void> {
  if (stage.kubectl !== undefined) {
    await kubectlOk(stage, machine, "apply", "-f", stage.manifest);
    return;
  }
  const answer = await callUnix(machine.httpSocket, {
    method: "POST",
    path: "/v1/workloads/stateless",
    headers: { "content-type": "application/yaml" },
    body: await readFile(stage.manifest, "utf8"),
  });
  expect(answer.status < 300, `the example be taken: ${answer.status} ${answer.body}`);
}

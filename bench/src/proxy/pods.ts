import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import { type Client, type DevMachine, type SeenPod, seePods, until } from "@beemesh/dev";
import { isJsonObject, type Json, parseJson } from "@beemesh/wire";

/** A pod of a benchmark as its machine has it. */
export interface BenchPod {
  readonly uid: string;
  /** What is put before a command so that it runs in the pod's network. */
  readonly enter: readonly string[];
  readonly sidecarPid: number;
}

/** How long pods and their Service may take to be there, in milliseconds. */
const readyMsMax = 60_000;

const podsPath = "/api/v1/namespaces/default/pods";
const servicesPath = "/api/v1/namespaces/default/services";

/**
 * Creates a pod of the example's image with a label, and waits until it runs.
 *
 * @param command - What it runs in place of the image's own program.
 */
export async function createPod(
  machine: DevMachine,
  name: string,
  command?: readonly string[],
): Promise<BenchPod> {
  const container = { name: "web", image: "localhost/beemesh-hello:1" };
  const body: Json = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      nodeName: machine.name,
      terminationGracePeriodSeconds: 1,
      containers: [command === undefined ? container : { ...container, command }],
    },
  };
  await created(machine.client(), podsPath, body);
  const pod = await runningPod(machine, name);
  return benchPodOf(machine, pod.uid);
}

/** Deletes a pod; does not wait for its end. */
export async function deletePod(client: Client, name: string): Promise<void> {
  await client.call("DELETE", `${podsPath}/${name}`);
}

/** What a pod's program has said so far. */
export async function logOf(client: Client, name: string): Promise<string> {
  const { text } = await client.call("GET", `${podsPath}/${name}/log`);
  return text;
}

/** A file of a pod's sidecar: `sock` is there since it listens, `json` since it was started. */
export function sidecarFile(machine: DevMachine, uid: string, kind: "sock" | "json"): string {
  const folder = join(machine.runtimeFolder, "podman/sidecars");
  const own = readdirSync(folder).find(
    (file) => file.endsWith(".json") && isOf(uid, join(folder, file)),
  );
  if (own === undefined) throw new BeeError("bench-failed", `Cannot find the sidecar of ${uid}`);
  return join(folder, own.replace(/json$/u, kind));
}

/** Whether the process that a file tells of is a pod's sidecar. */
function isOf(uid: string, path: string): boolean {
  const { pid }: { pid: number } = JSON.parse(readFileSync(path, "utf8"));
  return isSidecarOf(uid, `/proc/${pid}/environ`);
}

/** Creates a Service in front of the pods with a label. */
export async function createServiceRecord(
  client: Client,
  name: string,
  ports: readonly number[],
): Promise<void> {
  const list = ports.map((port) => ({ name: `p${port}`, port, targetPort: port }));
  await created(client, servicesPath, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: name }, ports: list },
  });
}

/** Creates a Service in front of the pods with a label; gives its address when it has one. */
export async function createService(
  client: Client,
  name: string,
  ports: readonly number[],
): Promise<string> {
  await createServiceRecord(client, name, ports);
  const { found } = await until(`an address of service ${name}`, readyMsMax, async () => {
    const { body } = await client.call("GET", `${servicesPath}/${name}`);
    const service = typeof body === "string" ? parseJson(body) : body;
    const spec = isJsonObject(service) ? service["spec"] : undefined;
    const address = isJsonObject(spec) ? spec["clusterIP"] : undefined;
    return typeof address === "string" && address !== "" ? address : undefined;
  });
  return found;
}

async function created(client: Client, path: string, body: Json): Promise<void> {
  const { status } = await client.call("POST", path, body);
  // What was there already was made by a try whose answer got lost.
  if (status === 201 || status === 409) return;
  throw new BeeError("bench-failed", `Cannot measure proxies: creating ${path} gave ${status}`);
}

async function runningPod(machine: DevMachine, name: string): Promise<SeenPod> {
  const { found } = await until(`pod ${name} running`, readyMsMax, async () => {
    const pods = await seePods(machine.client(), `app=${name}`);
    return pods.find(({ phase }) => phase === "Running");
  });
  return found;
}

function benchPodOf(machine: DevMachine, uid: string): BenchPod {
  const network = join(machine.runtimeFolder, "podman/pods", uid, "namespaces/net");
  return { uid, enter: ["nsenter", `--net=${network}`], sidecarPid: sidecarPidOf(uid) };
}

/** Finds a pod's sidecar by its environment. */
function sidecarPidOf(uid: string): number {
  for (const path of globSync("/proc/[0-9]*/environ")) {
    if (isSidecarOf(uid, path)) return Number(path.split("/")[2]);
  }
  throw new BeeError("bench-failed", `Cannot measure proxies: pod ${uid} has no sidecar`);
}

/** @param path - The environment of a process. */
function isSidecarOf(uid: string, path: string): boolean {
  try {
    return readFileSync(path, "latin1").split("\0").includes(`BEEMESH_POD_UID=${uid}`);
  } catch {
    // It has ended meanwhile, or is none of ours.
    return false;
  }
}

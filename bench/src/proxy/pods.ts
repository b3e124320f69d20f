import { globSync, readFileSync } from "node:fs";
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

/** Creates a pod of the example's image with a label, and waits until it runs. */
export async function createPod(machine: DevMachine, name: string): Promise<BenchPod> {
  const body: Json = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      nodeName: machine.name,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "web", image: "localhost/beemesh-hello:1" }],
    },
  };
  await created(machine.client(), "/api/v1/namespaces/default/pods", body);
  const pod = await runningPod(machine, name);
  return benchPodOf(machine, pod.uid);
}

/** Creates a Service in front of the pods with a label; gives its address when it has one. */
export async function createService(
  client: Client,
  name: string,
  ports: readonly number[],
): Promise<string> {
  const path = "/api/v1/namespaces/default/services";
  const list = ports.map((port) => ({ name: `p${port}`, port, targetPort: port }));
  await created(client, path, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: name }, ports: list },
  });
  const { found } = await until(`an address of service ${name}`, readyMsMax, async () => {
    const { body } = await client.call("GET", `${path}/${name}`);
    const service = typeof body === "string" ? parseJson(body) : body;
    const spec = isJsonObject(service) ? service["spec"] : undefined;
    const address = isJsonObject(spec) ? spec["clusterIP"] : undefined;
    return typeof address === "string" && address !== "" ? address : undefined;
  });
  return found;
}

async function created(client: Client, path: string, body: Json): Promise<void> {
  const { status } = await client.call("POST", path, body);
  if (status === 201) return;
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
    try {
      const variables = readFileSync(path, "latin1").split("\0");
      if (variables.includes(`BEEMESH_POD_UID=${uid}`)) return Number(path.split("/")[2]);
    } catch {
      // It has ended meanwhile, or is none of ours.
    }
  }
  throw new BeeError("bench-failed", `Cannot measure proxies: pod ${uid} has no sidecar`);
}

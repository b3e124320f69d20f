import { BeeError } from "@beemesh/base";
import type { Client, DevMachine, SeenPod } from "@beemesh/dev";
import { seePods, until } from "@beemesh/dev";
import type { Json } from "@beemesh/wire";

const path = "/apis/apps/v1/namespaces/default/deployments";

/** Creates a Deployment of the example's image. */
export async function createDeployment(
  client: Client,
  name: string,
  replicas: number,
): Promise<void> {
  const labels = { app: name };
  const body: Json = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: "web", image: "localhost/beemesh-hello:1" }],
        },
      },
    },
  };
  const { status } = await client.call("POST", path, body);
  if (status !== 201) throw new Error(`Cannot create deployment ${name}: status ${status}`);
}

/** Deletes it, and waits until its pods are gone. */
export async function deleteDeployment(client: Client, name: string): Promise<void> {
  await client.call("DELETE", `${path}/${name}`, { propagationPolicy: "Background" });
  await until(`pods of ${name} gone`, 60_000, async () => {
    const left = await seePods(client, `app=${name}`);
    return left.length === 0 ? true : undefined;
  });
}

/** Waits until a machine sees so many pods running where `fits`; gives how long that took. */
export async function untilRunning(
  machine: DevMachine,
  name: string,
  count: number,
  fits: (pod: SeenPod) => boolean = () => true,
): Promise<number> {
  let last: readonly SeenPod[] = [];
  try {
    const { tookMs } = await until(`${count} pods of ${name} running`, 60_000, async () => {
      last = await seePods(machine.client(), `app=${name}`);
      const running = last.filter((pod) => pod.phase === "Running" && !pod.isDeleting && fits(pod));
      return running.length === count ? true : undefined;
    });
    return tookMs;
  } catch (cause) {
    const seen = last.map((pod) => `${pod.name} ${pod.phase} on ${pod.node || "none"}`);
    const message = `Cannot measure ${name}: ${machine.name} sees ${seen.join(", ") || "no pod"}`;
    throw new BeeError("bench-failed", message, { cause });
  }
}

/** An application of several parts, made by kubectl and used through the API. */
import assert from "node:assert/strict";
import type { Json, JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { guestbookImage } from "./guestbook-image.ts";
import { says } from "./kubectl.ts";
import { objectOf, workload } from "./manifest.ts";
import { podMsMax, staying, untilReadyPods } from "./pod-run.ts";
import type { World } from "./world.ts";

interface Part {
  readonly name: string;
  readonly role: "page" | "primary" | "replica";
  readonly port: number;
  readonly replicas: number;
  readonly isReady: JsonObject;
}

const store = { tcpSocket: { port: 6379 } };

const parts: readonly Part[] = [
  { name: "guestbook-primary", role: "primary", port: 6379, replicas: 1, isReady: store },
  {
    name: "guestbook-replica",
    role: "replica",
    port: 6379,
    replicas: 2,
    isReady: { exec: { command: ["test", "-e", "/tmp/joined"] } },
  },
  {
    name: "frontend",
    role: "page",
    port: 8080,
    replicas: 3,
    isReady: { httpGet: { port: 8080, path: "/" } },
  },
];

/** A part as a Deployment with a Service before it. */
function objectsOf({ name, role, port, replicas, isReady }: Part): readonly JsonObject[] {
  const podIp: JsonObject = { fieldRef: { fieldPath: "status.podIP" } };
  const main: JsonObject = {
    name: "main",
    image: guestbookImage.name,
    imagePullPolicy: "Never",
    args: [role],
    env: [{ name: "POD_IP", valueFrom: podIp }],
    readinessProbe: { ...isReady, periodSeconds: 1 },
  };
  const pod = staying(main, { terminationGracePeriodSeconds: 0 });
  const spec = { selector: { app: name }, ports: [{ port }] };
  return [
    objectOf("services", "Service", name, { spec }),
    workload("deployments", name, { replicas, pod }),
  ];
}

/** Asks the page through the API until it answers as it should. */
async function untilPage(
  world: World,
  path: string,
  fits: (text: string) => boolean,
): Promise<void> {
  let last = "";
  await world.until(
    () => `the page to answer ${path}; it says ${last}`,
    async () => {
      const line = `GET ${world.path("services", "frontend")}/proxy${path}`;
      last = (await world.client.send(line)).text;
      return fits(last);
    },
    podMsMax,
  );
}

export const guestbook: Behaviours = {
  "cli Guestbook": async (world) => {
    const items: readonly Json[] = parts.flatMap((part) => objectsOf(part));
    const all = { apiVersion: "v1", kind: "List", items };
    const made = await says(world, "create -f -", all);
    for (const { name, replicas } of parts) {
      assert(made.includes(`deployment.apps/${name} created`), made);
      await untilReadyPods(world, name, replicas);
    }
    await untilPage(world, "/", (text) => text.includes("Guestbook"));
    await untilPage(world, "/cgi-bin/add?TestEntry", (text) => text === "kept\n");
    // Whichever replica answers has it.
    await untilPage(world, "/cgi-bin/show", (text) => text.includes("TestEntry"));
    const gone = await says(world, "delete --grace-period=0 --force -f -", all);
    assert.match(gone, /service "frontend" force deleted/u);
    for (const { name } of parts) await untilReadyPods(world, name, 0);
  },
};

/**
 * Replicas on three machines with a real Podman, of which one goes with all that it runs: their
 * sidecars miss it too, and whoever is first, nothing is made twice.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isNetworkPossible } from "@beemesh/lab";
import { helloImage } from "@beemesh/runtime";
import type { JsonObject } from "@beemesh/wire";
import { callUnix } from "./http.ts";
import type { DevMachine } from "./machine.ts";
import { type DevMesh, openDevMesh } from "./mesh.ts";
import { type SeenPod, seePods } from "./pods.ts";
import { until } from "./until.ts";

const program = join(import.meta.dirname, "../../cli/src/main.ts");
const patienceMs = 60_000;
const replicas = 4;

function cannotRun(): string | false {
  if (!isNetworkPossible()) return "needs root on Linux and iproute2";
  return spawnSync("podman", ["--help"]).error !== undefined && "not installed: podman";
}

const deployment: JsonObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "twins", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "twins" } },
    template: {
      metadata: { labels: { app: "twins" } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: "app",
            image: helloImage,
            imagePullPolicy: "Never",
            command: ["/bin/sh", "-c", "sleep 100000"],
          },
        ],
      },
    },
  },
};

describe("replicas whose machine is lost", { skip: cannotRun() }, () => {
  let mesh: DevMesh;

  before(async () => {
    const options = { program, runtime: "podman", tell: () => undefined } as const;
    mesh = await openDevMesh({ ...options, count: 3 });
    for (const machine of mesh.machines) await machine.untilReadyMachines(3);
  });
  after(async () => {
    if (mesh !== undefined) assert.deepEqual(await mesh.close(), []);
  });

  const metricsOf = async (machine: DevMachine): Promise<string> =>
    (await callUnix(machine.httpSocket, { method: "GET", path: "/metrics" })).body;

  /** What the sidecars of some machines know of replicas, all counts of a standing together. */
  async function standing(machines: readonly DevMachine[], how: string): Promise<number> {
    const pages = await Promise.all(machines.map((machine) => metricsOf(machine)));
    const pattern = new RegExp(`^beemesh_workload_replicas\\{.*standing="${how}"\\} (\\d+)`, "gmu");
    return pages
      .flatMap((page) => [...page.matchAll(pattern)])
      .reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async function running(machine: DevMachine): Promise<readonly SeenPod[]> {
    const pods = await seePods(machine.client(), "app=twins");
    return pods.filter(({ phase, isReady, isDeleting }) => {
      return phase === "Running" && isReady && !isDeleting;
    });
  }

  test("are cloned once each, whoever misses them first", async () => {
    const [first, second, third] = mesh.machines;
    assert(first && second && third);
    const path = "/apis/apps/v1/namespaces/default/deployments";
    const { status, text } = await first.client().call("POST", path, deployment);
    assert.equal(status, 201, text);
    const all = replicas * (replicas - 1);
    await until("every sidecar knows all others alive", patienceMs, async () => {
      return (await standing(mesh.machines, "alive")) === all ? true : undefined;
    });
    const lost = (await running(first)).filter(({ node }) => node === third.name);
    assert(lost.length > 0, "something runs on the machine");
    await third.powerOff();
    const left = [first, second];
    await until("there are as many as before", patienceMs, async () => {
      const pods = await running(first);
      const isWhole = pods.length === replicas && pods.every(({ node }) => node !== third.name);
      return isWhole ? true : undefined;
    });
    await until(
      "every sidecar knows the new ones alive, and misses nobody",
      patienceMs,
      async () => {
        const [alive, missed] = [await standing(left, "alive"), await standing(left, "lost")];
        return alive === all && missed === 0 ? true : undefined;
      },
    );
    const logs = left.map(({ logPath }) => readFileSync(logPath, "utf8")).join("");
    const tasks = logs.matchAll(/Published clone task (\S+) for default\/twins/gu);
    const published = new Set([...tasks].map(([, task]) => task));
    assert(published.size > 0 && published.size <= lost.length, `${published.size} tasks`);
    const here = await Promise.all(left.map((machine) => machine.podsHere()));
    assert.equal(here.flat().length, replicas, "no container is there twice");
    const pages = (await Promise.all(left.map((machine) => metricsOf(machine)))).join("");
    assert.match(pages, /^beemesh_clones_total\{reason="(?:machine-lost|sidecar)"\} [1-9]/mu);
  });
});

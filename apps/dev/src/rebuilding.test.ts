/**
 * A workload on eight machines with a real Podman that loses, at one moment, every machine that
 * keeps its records and every replica but one: the last replica's sidecar asks for the others.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { rendezvous } from "@beemesh/base";
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
const count = 8;
const replicas = 3;

/** Machines that keep a collection, and namespaces whose keepers are looked at. */
const keepersMax = 5;
const namespacesTried = 100_000;

const mergePatch = "application/merge-patch+json";
const hostname = "kubernetes.io/hostname";

function cannotRun(): string | false {
  if (!isNetworkPossible()) return "needs root on Linux and iproute2";
  return spawnSync("podman", ["--help"]).error !== undefined && "not installed: podman";
}

/** Replicas that never share a machine, on machines of these names. */
function deploymentOn(machines: readonly string[]): JsonObject {
  const labels = { app: "phoenix" };
  const where = [{ key: hostname, operator: "In", values: [...machines] }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "phoenix" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: where }],
              },
            },
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { labelSelector: { matchLabels: labels }, topologyKey: hostname },
              ],
            },
          },
          containers: [{ name: "app", image: helloImage, imagePullPolicy: "Never" }],
        },
      },
    },
  };
}

/** Calls each address until it answers, and writes down what it says. */
function callerOf(pods: readonly { readonly ip: string }[]): JsonObject {
  const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2`;
  const calls = pods.map(({ ip }) => `until ${ask} ${ip} 8080 | grep Hello; do sleep 0.2; done`);
  const command = ["/bin/sh", "-c", `${calls.join("; ")}; sleep 100000`];
  const container = { name: "app", image: helloImage, imagePullPolicy: "Never", command };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "caller" },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

/** Who keeps what a Deployment of a namespace is made of. */
function keepersOf(namespace: string, peers: readonly string[]): ReadonlySet<string> {
  const collections = ["deployments.apps", "replicasets.apps", "pods"];
  return new Set(
    collections.flatMap((kind) => rendezvous(`${kind}/${namespace}`, peers).slice(0, keepersMax)),
  );
}

/** A namespace all of whose keepers are the same machines, which do not keep the mesh's own. */
function namespaceOfFew(peers: readonly string[]): string {
  const common = ["namespaces/-", "nodes/-"].map((kind) =>
    rendezvous(kind, peers).slice(0, keepersMax),
  );
  for (let index = 0; index < namespacesTried; index += 1) {
    const keepers = keepersOf(`n${index}`, peers);
    const isSpared = common.every((holders) => holders.some((peer) => !keepers.has(peer)));
    if (keepers.size === keepersMax && isSpared) return `n${index}`;
  }
  throw new Error("no namespace has few keepers");
}

describe("a workload whose keepers and other replicas are lost at once", {
  skip: cannotRun(),
}, () => {
  let mesh: DevMesh;

  before(async () => {
    const options = { program, runtime: "podman", tell: () => undefined } as const;
    mesh = await openDevMesh({ ...options, count });
    await Promise.all(mesh.machines.map((machine) => machine.untilReadyMachines(count)));
  });
  after(async () => {
    if (mesh !== undefined) assert.deepEqual(await mesh.close(), []);
  });

  /** The machines by their peer IDs, as one of them tells. */
  async function machinesByPeer(): Promise<ReadonlyMap<string, DevMachine>> {
    const [first] = mesh.machines;
    const nodes = (await first?.client().items("/api/v1/nodes")) ?? [];
    return new Map(
      nodes.flatMap((node) => {
        const text = JSON.stringify(node);
        const peer = /"beemesh.io\/peer-id":"([^"]+)"/u.exec(text)?.[1] ?? "";
        const name = /"name":"(m\d+)"/u.exec(text)?.[1];
        const machine = mesh.machines.find((each) => each.name === name);
        return machine === undefined ? [] : [[peer, machine] as const];
      }),
    );
  }

  async function call(machine: DevMachine, method: string, path: string, body: JsonObject) {
    const type = method === "PATCH" ? mergePatch : "application/json";
    const { status, text } = await machine.client().call(method, path, body, type);
    assert(status < 300, `${method} ${path}: ${text}`);
  }

  /** Whether new pods may come to some machines. */
  async function cordon(machines: readonly DevMachine[], unschedulable: boolean): Promise<void> {
    const body = { spec: { unschedulable } };
    for (const machine of machines) {
      await call(machine, "PATCH", `/api/v1/nodes/${machine.name}`, body);
    }
  }

  async function running(machine: DevMachine): Promise<readonly SeenPod[]> {
    const pods = await seePods(machine.client(), "app=phoenix");
    return pods.filter(({ phase, isReady, isDeleting }) => {
      return phase === "Running" && isReady && !isDeleting;
    });
  }

  /** All replicas, each on one of some machines, as one machine sees it. */
  async function untilWhole(
    seer: DevMachine,
    places: readonly DevMachine[],
  ): Promise<readonly SeenPod[]> {
    const names = new Set(places.map(({ name }) => name));
    const what = `${replicas} replicas on ${[...names].join(" ")}`;
    const { found } = await until(what, patienceMs, async () => {
      const pods = (await running(seer)).filter(({ node }) => names.has(node));
      return pods.length === replicas ? pods : undefined;
    });
    return found;
  }

  const metricsOf = async (machine: DevMachine): Promise<string> =>
    (await callUnix(machine.httpSocket, { method: "GET", path: "/metrics" })).body;

  test("is rebuilt by the sidecar of its last replica", async () => {
    const byPeer = await machinesByPeer();
    assert.equal(byPeer.size, count);
    const peers = [...byPeer.keys()];
    const namespace = namespaceOfFew(peers);
    const keepers = keepersOf(namespace, peers);
    const split = (isKeeper: boolean): DevMachine[] =>
      [...byPeer].flatMap(([peer, each]) => (keepers.has(peer) === isKeeper ? [each] : []));
    const [lost, left] = [split(true), split(false)];
    const [[one, other], [last, ...spare]] = [lost, left];
    assert(one && other && last);
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const metadata = { name: namespace };
    await call(one, "POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata,
    });
    await cordon(spare, true);
    const places = [one, other, ...left];
    await call(one, "POST", path, deploymentOn(places.map(({ name }) => name)));
    const before = await untilWhole(one, [one, other, last]);
    const survivor = before.find(({ node }) => node === last.name);
    assert(survivor, "one replica is on a machine that keeps nothing of it");
    await until("the last replica's sidecar knows the others", patienceMs, async () => {
      const alive = /^beemesh_workload_replicas\{.*standing="alive"\} 2$/mu;
      return alive.test(await metricsOf(last)) ? true : undefined;
    });
    await cordon(spare, false);
    await Promise.all(lost.map((machine) => machine.powerOff()));
    const rebuilt = await untilWhole(last, left);
    assert(
      rebuilt.some(({ uid }) => uid === survivor.uid),
      "the last one was not touched",
    );
    const log = readFileSync(last.logPath, "utf8");
    const workload = `${namespace}/phoenix`;
    const tasks = [...log.matchAll(/Published clone task \S+ for (\S+)/gu)];
    assert(tasks.length > 0 && tasks.every(([, name]) => name === workload), log);
    assert.match(await metricsOf(last), /^beemesh_clones_total\{reason="sidecar"\} [12]$/mu);
    const here = await Promise.all(left.map((machine) => machine.podsHere()));
    const uids = here.flat().toSorted();
    assert.deepEqual(uids, rebuilt.map(({ uid }) => uid).toSorted(), "real containers, once each");
    await untilAllAnswer(last, namespace);
  });

  /** Each replica answers a pod over the network, by its own name. */
  async function untilAllAnswer(machine: DevMachine, namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const items = await machine.client().items(path);
    const pods = items.flatMap((item) => {
      const text = JSON.stringify(item);
      const ip = /"podIP":"([^"]+)"/u.exec(text)?.[1];
      const name = /"name":"(phoenix-[^"]+)"/u.exec(text)?.[1];
      const isHere = text.includes('"phase":"Running"') && !text.includes("deletionTimestamp");
      return ip === undefined || name === undefined || !isHere ? [] : [{ ip, name }];
    });
    assert.equal(pods.length, replicas);
    await call(machine, "POST", path, callerOf(pods));
    await until("all replicas answer over the network", patienceMs, async () => {
      const { text } = await machine.client().call("GET", `${path}/caller/log`);
      return pods.every(({ name }) => text.includes(`Hello from ${name}`)) ? true : undefined;
    });
  }
});

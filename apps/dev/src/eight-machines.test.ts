/**
 * Eight machines with a real Podman, of which five keep each collection: what pods of a machine
 * need to know is kept by others. And a workload that loses, at one moment, every machine that
 * keeps its records and every replica but one: the last replica's sidecar asks for the others.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { rendezvous } from "@beemesh/base";
import { isNetworkPossible, run } from "@beemesh/lab";
import { helloImage } from "@beemesh/runtime";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
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

/** What a Deployment is made of, and what calls are made by. */
const madeOf = ["deployments.apps", "replicasets.apps", "pods"];
const calledBy = [
  "services",
  "endpointslices.discovery.k8s.io",
  "pods",
  "networkpolicies.networking.k8s.io",
];

/** Who keeps collections of a namespace. */
function keepersOf(
  namespace: string,
  peers: readonly string[],
  kinds: readonly string[] = madeOf,
): ReadonlySet<string> {
  return new Set(
    kinds.flatMap((kind) => rendezvous(`${kind}/${namespace}`, peers).slice(0, keepersMax)),
  );
}

/** Some namespaces that none of some machines keeps anything of that calls are made by. */
function namespacesAwayFrom(
  machines: readonly string[],
  peers: readonly string[],
  wanted: number,
): readonly string[] {
  const found: string[] = [];
  for (let index = 0; index < namespacesTried && found.length < wanted; index += 1) {
    const keepers = keepersOf(`away${index}`, peers, calledBy);
    if (!machines.some((peer) => keepers.has(peer))) found.push(`away${index}`);
  }
  assert.equal(found.length, wanted);
  return found;
}

/** Asks the sidecar's DNS for a name, and a server for its page; writes down what came. */
const asking = `
const { Resolver } = require("node:dns/promises");
const { get } = require("node:http");
const { isIP } = require("node:net");
const [where, port] = process.argv.slice(1);
const resolver = new Resolver({ timeout: 2000, tries: 1 });
resolver.setServers(["10.96.0.10"]);
const say = (text) => { process.stdout.write(text); process.exit(0); };
const addresses = isIP(where) ? Promise.resolve([where]) : resolver.resolve4(where);
addresses.then(([host]) => {
  const call = get({ host, port, agent: false, timeout: 4000 }, (response) => {
    response.on("data", (chunk) => say(String(chunk)));
  });
  call.on("timeout", () => say("silent"));
  call.on("error", ({ code }) => say(code));
}, ({ code }) => say(code));
`;

/** A web server that says its pod's name, in one container. */
function server(name: string, machine: string): JsonObject {
  return {
    metadata: { labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      nodeSelector: { [hostname]: machine },
      containers: [{ name: "app", image: helloImage, imagePullPolicy: "Never" }],
    },
  };
}

function podOn(name: string, machine: string): JsonObject {
  const { metadata, spec } = server(name, machine);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...objectOf(metadata), name },
    spec: spec ?? {},
  };
}

function serviceFor(app: string): JsonObject {
  const spec = { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name: app }, spec };
}

const objectOf = (json: Json | undefined): JsonObject => (isJsonObject(json) ? json : {});

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

describe("eight machines", { skip: cannotRun() }, () => {
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

  async function makeNamespace(at: DevMachine, name: string): Promise<void> {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await call(at, "POST", "/api/v1/namespaces", body);
  }

  /** What a machine shows of pods of a namespace that run. */
  async function runningIn(
    seer: DevMachine,
    namespace: string,
    wanted: number,
  ): Promise<readonly SeenPod[]> {
    const { found } = await until(`${wanted} pods run in ${namespace}`, patienceMs, async () => {
      const pods = (await seePods(seer.client())).filter((pod) => pod.namespace === namespace);
      const isThere = pods.every(({ phase, isReady }) => phase === "Running" && isReady);
      return pods.length === wanted && isThere ? pods : undefined;
    });
    return found;
  }

  /** Part of an object as text, when it is there. */
  async function fieldOf(seer: DevMachine, path: string, name: string): Promise<string> {
    const { found } = await until(`${name} of ${path}`, patienceMs, async () => {
      const { text } = await seer.client().call("GET", path);
      return new RegExp(`"${name}":"(10[^"]+)"`, "u").exec(text)?.[1];
    });
    return found;
  }

  /** Asks from inside of a pod until what comes back is as wanted. */
  async function untilSaid(
    pid: number,
    { where, port }: { readonly where: string; readonly port: number },
    wanted: RegExp,
  ): Promise<void> {
    const enter = ["nsenter", `--net=/proc/${pid}/ns/net`];
    const argv = [...enter, process.execPath, "-e", asking, where, String(port)];
    let said = "";
    await until(`${where} ${port} say ${wanted}`, patienceMs, async () => {
      ({ stdout: said } = await run(argv, { timeoutMs: 20_000 }));
      return wanted.test(said) ? true : undefined;
    }).catch((error: unknown) => {
      throw new Error(`it said ${said}`, { cause: error });
    });
  }

  test("tell their pods what others keep, and what changes of it", async () => {
    const byPeer = await machinesByPeer();
    const peers = [...byPeer.keys()];
    const [first, second, third] = [...byPeer];
    assert(first && second && third);
    const [near, clientOn] = first;
    const [far, serverOn] = second;
    const [, seer] = third;
    const [shop, bare, hidden] = namespacesAwayFrom([near, far], peers, 3);
    assert(shop && bare && hidden);
    for (const name of [shop, bare, hidden]) await makeNamespace(seer, name);
    const inside = (namespace: string, kind: string): string =>
      `/api/v1/namespaces/${namespace}/${kind}`;
    await call(seer, "POST", inside("default", "pods"), podOn("client", clientOn.name));
    const spec = {
      replicas: 1,
      selector: { matchLabels: { app: "echo" } },
      template: server("echo", serverOn.name),
    };
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "echo" },
      spec,
    };
    const deployments = `/apis/apps/v1/namespaces/${shop}/deployments`;
    await call(seer, "POST", deployments, deployment);
    await call(seer, "POST", inside(shop, "services"), serviceFor("echo"));
    await call(seer, "POST", inside(bare, "pods"), podOn("lone", serverOn.name));
    await call(seer, "POST", inside(hidden, "pods"), podOn("veiled", serverOn.name));
    await call(seer, "POST", inside(hidden, "services"), serviceFor("veiled"));
    const [client] = await runningIn(seer, "default", 1);
    const [echo] = await runningIn(seer, shop, 1);
    assert(client && echo);
    const pid = await clientOn.mainProcessOf(client.uid);
    const name = { where: `echo.${shop}.svc.cluster.local`, port: 80 };
    await untilSaid(pid, name, new RegExp(`Hello from ${echo.name}`, "u"));
    // An admitted client is cut off from what it opens after the policy has changed.
    const policies = `/apis/networking.k8s.io/v1/namespaces/${shop}/networkpolicies`;
    await call(seer, "POST", policies, {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "closed" },
      spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [] },
    });
    // What is seen to be HTTP is told so in its own words.
    await untilSaid(pid, name, /^(?:ECONNRESET|ECONNREFUSED|Bad Gateway: no connection)/u);
    await seer.client().call("DELETE", `${policies}/closed`);
    await untilSaid(pid, name, /Hello/u);
    // What is added is called, and what is taken away is not.
    await call(seer, "PATCH", `${deployments}/echo`, { spec: { replicas: 2 } });
    const two = await runningIn(seer, shop, 2);
    for (const each of two) await untilSaid(pid, name, new RegExp(`Hello from ${each.name}`, "u"));
    // Addresses of namespaces that nobody on the client's machine has asked for.
    await runningIn(seer, bare, 1);
    const podIp = await fieldOf(seer, `${inside(bare, "pods")}/lone`, "podIP");
    await untilSaid(pid, { where: podIp, port: 8080 }, /Hello from lone/u);
    const judged = /^beemesh_workload_peer_refs_total\{result="good"\} [1-9]/mu;
    assert.match(await metricsOf(clientOn), judged, "its namespace was found in the hash table");
    await runningIn(seer, hidden, 1);
    const clusterIp = await fieldOf(seer, `${inside(hidden, "services")}/veiled`, "clusterIP");
    await untilSaid(pid, { where: clusterIp, port: 80 }, /Hello from veiled/u);
  });

  test("rebuild a workload that lost its keepers and all replicas but one", async () => {
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
    await makeNamespace(one, namespace);
    await cordon(spare, true);
    const places = [one, other, ...left];
    await call(one, "POST", path, deploymentOn(places.map(({ name }) => name)));
    const whole = await untilWhole(one, [one, other, last]);
    const survivor = whole.find(({ node }) => node === last.name);
    assert(survivor, "one replica is on a machine that keeps nothing of it");
    await until("the last replica's sidecar knows the others", patienceMs, async () => {
      const alive = /^beemesh_workload_replicas\{.*standing="alive"\} 2$/mu;
      return alive.test(await metricsOf(last)) ? true : undefined;
    });
    await cordon(spare, false);
    const others = (await seePods(one.client())).filter((pod) => pod.namespace !== namespace);
    await Promise.all(lost.map((machine) => machine.powerOff()));
    const rebuilt = await untilWhole(last, left);
    assert(
      rebuilt.some(({ uid }) => uid === survivor.uid),
      "the last one was not touched",
    );
    const log = readFileSync(last.logPath, "utf8");
    const workload = `${namespace}/phoenix`;
    const tasks = [...log.matchAll(/Published clone task \S+ for (\S+)/gu)];
    assert(
      tasks.some(([, name]) => name === workload),
      log,
    );
    assert.match(await metricsOf(last), /^beemesh_clones_total\{reason="sidecar"\} [12]$/mu);
    const here = await Promise.all(left.map((machine) => machine.podsHere()));
    const strangers = new Set(others.map(({ uid }) => uid));
    const uids = here
      .flat()
      .filter((uid) => !strangers.has(uid))
      .toSorted();
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

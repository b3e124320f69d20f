/** A mesh of two machines with real pods, and hands that reach into them. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  isNetworkPossible,
  type Program,
  type RunResult,
  run,
  runOrThrow,
} from "../../adapters/lab/src/index.ts";
import {
  callUnix,
  type DevMachine,
  type DevMesh,
  openDevMesh,
  seePods,
  until,
} from "../../apps/dev/src/index.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/wire/src/index.ts";
import { makeImage } from "./image.ts";

/** How long anything may take before a test has failed, in milliseconds. */
export const patienceMs = 30_000;

/** Longest that one command in a pod may take, in milliseconds. */
const commandMsMax = 20_000;

const program = join(import.meta.dirname, "../../apps/cli/src/main.ts");
const image = "localhost/beemesh-test-tools:1";

/** Node, which is most of what an image would weigh: its pods have it from their machine. */
const mounted: Program = { path: process.execPath, env: {} };

/** Why this computer cannot run pods on hosts of their own; false if it can. */
export function cannotStage(): string | false {
  if (!isNetworkPossible()) return "needs root on Linux and iproute2";
  const missing = ["podman", "busybox", "nsenter", "nft"].filter(
    (tool) => spawnSync(tool, ["--help"]).error !== undefined,
  );
  return missing.length > 0 && `not installed: ${missing.join(", ")}`;
}

/** A pod as a test asks for it. */
export interface PodWish {
  readonly name: string;
  /** Its machine: m1 or m2. */
  readonly on: "m1" | "m2";
  readonly namespace?: string;
  /** `app` is its name unless said here. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Its process; without it, one that waits. */
  readonly command?: readonly string[];
  /** Empty volumes of the pod's own, each mounted at `/<name>`. */
  readonly volumes?: readonly string[];
  /** More of the pod's spec. */
  readonly spec?: JsonObject;
  /** More of the container's. */
  readonly container?: JsonObject;
}

/** Of a Service or a pod. */
interface Named {
  readonly name: string;
  readonly namespace?: string;
}

/** A mesh of two machines, m1 and m2, with an image of real programs on both. */
export class Stage {
  readonly mesh: DevMesh;
  readonly near: DevMachine;
  readonly far: DevMachine;
  readonly #containers = new Map<string, { readonly url: string; readonly id: string }>();

  private constructor(mesh: DevMesh) {
    this.mesh = mesh;
    const [near, far] = mesh.machines;
    assert(near !== undefined && far !== undefined);
    this.near = near;
    this.far = far;
  }

  /** Everything made is removed again if this fails. */
  static async open(
    programs: readonly (Program | undefined)[] = [],
    folders: Readonly<Record<string, string>> = {},
  ): Promise<Stage> {
    const options = { program, runtime: "podman", tell: () => undefined } as const;
    const mesh = await openDevMesh({ ...options, count: 2 });
    try {
      const stage = new Stage(mesh);
      const present = programs.filter((each) => each !== undefined);
      const sockets = mesh.machines.map(({ podmanSocket }) => podmanSocket);
      await Promise.all([
        makeImage(sockets, { name: image, programs: present, mounted, folders }),
        ...mesh.machines.map((machine) => machine.untilReadyMachines(2)),
      ]);
      return stage;
    } catch (error) {
      await mesh.close();
      throw error;
    }
  }

  /** Removes everything, and says what could not be. */
  async close(): Promise<void> {
    assert.deepEqual(await this.mesh.close(), []);
  }

  /** Writes an object through the API of m1. */
  async make(path: string, body: JsonObject): Promise<void> {
    const { status, text } = await this.near.client().call("POST", path, body);
    assert.equal(status, 201, text);
  }

  async remove(path: string): Promise<void> {
    const { status, text } = await this.near.client().call("DELETE", path);
    assert(status < 300, text);
  }

  async namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const metadata = { name, labels };
    await this.make("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  }

  /** Makes pods and waits until they run. */
  async pods(...wishes: readonly PodWish[]): Promise<void> {
    await Promise.all(wishes.map((wish) => this.make(`${namespaced(wish)}/pods`, podOf(wish))));
    await Promise.all(wishes.map((wish) => this.untilRunning(wish)));
  }

  async untilRunning({ name, namespace = "default" }: Named): Promise<void> {
    await until(`pod ${namespace}/${name} runs`, patienceMs, async () => {
      const pods = await seePods(this.near.client());
      const pod = pods.find((each) => each.name === name && each.namespace === namespace);
      return pod?.phase === "Running" && pod.isReady ? true : undefined;
    }).catch(async (error: unknown) => {
      const path = `${namespaced({ namespace })}/pods/${name}`;
      const { body } = await this.near.client().call("GET", path);
      const { text: log } = await this.near.client().call("GET", `${path}/log`);
      throw new Error(`${JSON.stringify(body["status"])}\n${log}`, { cause: error });
    });
  }

  /** Makes a Service, and gives its address (`None` for a headless one). */
  async service(named: Named, spec: JsonObject): Promise<string> {
    const { name, namespace = "default" } = named;
    const path = `${namespaced(named)}/services`;
    const metadata = { name, namespace };
    await this.make(path, { apiVersion: "v1", kind: "Service", metadata, spec });
    if (spec["type"] === "ExternalName") return "";
    const { found } = await until(`Service ${name} has an address`, patienceMs, async () => {
      const { text } = await this.near.client().call("GET", `${path}/${name}`);
      return /"clusterIP":"([^"]+)"/u.exec(text)?.[1];
    });
    return found;
  }

  /** The address of a pod. */
  async addressOf(named: Named): Promise<string> {
    const path = `${namespaced(named)}/pods/${named.name}`;
    const { found } = await until(`pod ${named.name} has an address`, patienceMs, async () => {
      const { text } = await this.near.client().call("GET", path);
      return /"podIP":"([^"]+)"/u.exec(text)?.[1];
    });
    return found;
  }

  /** Runs a command in a pod's container, as `kubectl exec` does. */
  async exec(pod: string, argv: readonly string[], input = ""): Promise<RunResult> {
    const { url, id } = await this.#containerOf(pod);
    const command = ["podman", "--url", url, "exec", "-i", id, ...argv];
    return run(command, { timeoutMs: commandMsMax, input });
  }

  /** What a command in a pod prints; it must succeed. */
  async says(pod: string, argv: readonly string[], input = ""): Promise<string> {
    const { code, stdout, stderr } = await this.exec(pod, argv, input);
    assert.equal(code, 0, `${argv.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Runs a command in a pod until what it prints matches. */
  async untilSays(pod: string, argv: readonly string[], pattern: RegExp): Promise<string> {
    let last = "";
    const { found } = await until(`${argv.join(" ")} say ${pattern}`, patienceMs, async () => {
      const { code, stdout, stderr } = await this.exec(pod, argv);
      last = `${stdout}${stderr}`;
      return code === 0 && pattern.test(last) ? last : undefined;
    }).catch((error: unknown) => {
      throw new Error(`last it said: ${last}`, { cause: error });
    });
    return found;
  }

  /** What a script in Node prints in a pod. */
  script(pod: string, source: string, ...argv: readonly string[]): Promise<RunResult> {
    return this.exec(pod, ["node", "-e", source, "--", ...argv]);
  }

  /** A machine's metrics, as Prometheus reads them. */
  async metricsOf(machine: DevMachine): Promise<string> {
    return (await callUnix(machine.httpSocket, { method: "GET", path: "/metrics" })).body;
  }

  /**
   * A program in a machine's own network, at an address that is added to it: what pods see as
   * outside. Ends with `kill`; the address goes with the machine's network.
   */
  async outside(machine: DevMachine, address: string, source: string): Promise<ChildProcess> {
    const enter = machine.host?.enter ?? [];
    await runOrThrow([...enter, "ip", "address", "add", `${address}/32`, "dev", "lo"]);
    const [command = process.execPath, ...rest] = enter;
    const node = enter.length === 0 ? [] : [process.execPath];
    const child = spawn(command, [...rest, ...node, "-e", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
  }

  logOf(machine: DevMachine): string {
    return readFileSync(machine.logPath, "utf8");
  }

  /** The container of a pod (`name` or `namespace/name`), once it is there. */
  async #containerOf(pod: string): Promise<{ readonly url: string; readonly id: string }> {
    const known = this.#containers.get(pod);
    if (known !== undefined) return known;
    const [name = "", namespace = "default"] = pod.split("/").toReversed();
    const pods = await seePods(this.near.client());
    const seen = pods.find((each) => each.name === name && each.namespace === namespace);
    assert(seen, `there is a pod ${pod}`);
    const machine = this.mesh.machines.find((each) => each.name === seen.node);
    assert(machine, `pod ${pod} is on a machine`);
    const url = `unix://${machine.podmanSocket}`;
    const filter = `label=io.beemesh.uid=${seen.uid}`;
    const argv = ["podman", "--url", url, "ps", "--filter", filter, "--format", "json"];
    const listed = parseJson(await runOrThrow(argv), { lengthMax: 1 << 24, depthMax: 32 });
    const rows = Array.isArray(listed) ? listed.filter(isJsonObject) : [];
    const id = rows.find((row) => row["IsInfra"] !== true)?.["Id"];
    assert(typeof id === "string", `pod ${pod} has a container`);
    const found = { url, id };
    this.#containers.set(pod, found);
    return found;
  }
}

/** The path of a namespace of the core API. */
function namespaced({ namespace = "default" }: Pick<Named, "namespace">): string {
  return `/api/v1/namespaces/${namespace}`;
}

/** The texts in a list of JSON that a script printed. */
export function listOf(printed: string): string[] {
  const list = parseJson(printed.trim(), { lengthMax: 1 << 20, depthMax: 4 });
  assert(Array.isArray(list), printed);
  return list.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
}

/** A Deployment of pods with one process each, on whatever machine. */
export function deploymentOf(
  name: string,
  replicas: number,
  command: readonly string[],
): JsonObject {
  const labels = { app: name };
  const { spec } = podOf({ name, command });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function podOf(wish: Omit<PodWish, "on"> & Partial<PodWish>): {
  readonly metadata: JsonObject;
  readonly spec: JsonObject;
} & JsonObject {
  const { name, namespace = "default", on, labels } = wish;
  const command = wish.command ?? ["/bin/sh", "-c", "while :; do sleep 1000; done"];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: name, ...labels } },
    spec: {
      terminationGracePeriodSeconds: 0,
      ...(on !== undefined && { nodeSelector: { "kubernetes.io/hostname": on } }),
      ...wish.spec,
      volumes: [
        { name: "node", hostPath: { path: mounted.path, type: "File" } },
        ...(wish.volumes ?? []).map((volume) => ({ name: volume, emptyDir: {} })),
      ],
      containers: [
        {
          name: "app",
          image,
          imagePullPolicy: "Never",
          command: [...command],
          volumeMounts: [
            { name: "node", mountPath: "/bin/node", readOnly: true },
            ...(wish.volumes ?? []).map((volume) => ({ name: volume, mountPath: `/${volume}` })),
          ],
          ...wish.container,
        },
      ],
    },
  };
}

/**
 * A server of everything: HTTP on 8080 that says which pod it is and who asks, echo of lines on 7
 * in TCP and UDP. Its own name goes before what it sends back.
 */
export const serverCommand: readonly string[] = [
  "node",
  "-e",
  `const [http, net, dgram, os] = ["http", "net", "dgram", "os"].map(require);
const me = os.hostname();
http.createServer((request, response) => {
  response.end(me + " " + request.method + " " + request.url + " " + request.headers.host + "\\n");
}).listen(8080);
net.createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (data) => socket.write(me + " " + data));
}).listen(7);
const udp = dgram.createSocket("udp4");
udp.on("message", (data, { port, address }) => udp.send(me + " " + data, port, address));
udp.bind(7);`,
];

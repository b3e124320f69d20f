/**
 * Pods on two machines, each a host of its own with a real Podman, that talk to each other: over
 * TCP, through the mesh's streams where TCP is not possible, unreadable in between, and on while
 * the daemons of both are started anew.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isNetworkPossible, runOrThrow } from "@beemesh/lab";
import { helloImage } from "@beemesh/runtime";
import type { JsonObject } from "@beemesh/wire";
import { callUnix } from "./http.ts";
import type { DevMachine } from "./machine.ts";
import { type DevMesh, openDevMesh } from "./mesh.ts";
import { until } from "./until.ts";

const program = join(import.meta.dirname, "../../cli/src/main.ts");
const podsPath = "/api/v1/namespaces/default/pods";
const servicesPath = "/api/v1/namespaces/default/services";

/** What the pods say to each other, and nobody in between may read. */
const secret = "a-word-that-only-pods-may-read";

/** How long anything may take before a test has failed, in milliseconds. */
const patienceMs = 60_000;

function cannotRun(): string | false {
  if (!isNetworkPossible()) return "needs root on Linux and iproute2";
  const missing = ["podman", "busybox", "nsenter", "nft"].filter(
    (tool) => spawnSync(tool, ["--help"]).error !== undefined,
  );
  return missing.length > 0 && `not installed: ${missing.join(", ")}`;
}

/** Writes down every packet that passes the switch between the hosts. Needs no tcpdump. */
const capture = `
const { dlopen } = require("node:ffi");
const { readSync, writeSync } = require("node:fs");
const [afPacket, sockRaw, everything] = [17, 3, 0x0300];
const { functions } = dlopen("libc.so.6", {
  socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
});
const fd = functions.socket(afPacket, sockRaw, everything);
const packet = Buffer.alloc(65536);
writeSync(2, "ready");
for (;;) writeSync(1, packet, 0, readSync(fd, packet));
`;

/** Everything that has passed since the start, as bytes. */
class Capture {
  readonly #child: ChildProcess;
  readonly #chunks: Buffer[] = [];

  constructor(namespace: string) {
    const enter = ["--net", `/run/netns/${namespace}`].join("=");
    this.#child = spawn("nsenter", [enter, process.execPath, "-e", capture]);
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
  }

  async ready(): Promise<void> {
    assert(this.#child.stderr);
    await once(this.#child.stderr, "data");
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}

function podOn(machine: string, name: string, script: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      nodeSelector: { "kubernetes.io/hostname": machine },
      containers: [
        {
          name: "app",
          image: helloImage,
          imagePullPolicy: "Never",
          command: ["/bin/sh", "-c", script],
        },
      ],
    },
  };
}

/** Says a numbered line, again and again over one connection, and writes down what comes back. */
const talking = (ip: string): string => `i=0
while :; do i=$((i+1)); echo "${secret} $i"; sleep 0.1; done | nc ${ip} 7
echo "the connection was cut"; sleep 1000`;

describe("pods on two machines", { skip: cannotRun() }, () => {
  let mesh: DevMesh;
  let near: DevMachine;
  let far: DevMachine;
  let ip = "";

  before(async () => {
    const options = { program, runtime: "podman", tell: () => undefined } as const;
    mesh = await openDevMesh({ ...options, count: 2 });
    const [first, second] = mesh.machines;
    assert(first !== undefined && second !== undefined);
    [near, far] = [first, second];
    for (const machine of mesh.machines) await machine.untilReadyMachines(2);
    await make(podsPath, podOn("m2", "echo", "nc -ll -p 7 -e cat"));
    await make(servicesPath, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "echo", namespace: "default" },
      spec: { selector: { app: "echo" }, ports: [{ port: 7 }] },
    });
    const { found } = await until("the Service has an address", patienceMs, async () => {
      const { text } = await near.client().call("GET", `${servicesPath}/echo`);
      return /"clusterIP":"(10[^"]+)"/u.exec(text)?.[1];
    });
    ip = found;
    await until("the pod serves", patienceMs, async () => {
      const { text } = await near.client().call("GET", `${podsPath}/echo`);
      return text.includes('"phase":"Running"') ? true : undefined;
    });
  });

  after(async () => {
    if (mesh !== undefined) assert.deepEqual(await mesh.close(), []);
  });

  async function make(path: string, body: JsonObject): Promise<void> {
    const { status, text } = await near.client().call("POST", path, body);
    assert.equal(status, 201, text);
  }

  /** The number of the last line that came back to a client; waits until it is over `over`. */
  async function heard(client: string, over: number): Promise<number> {
    const { found } = await until(
      `${client} hears more than line ${over}`,
      patienceMs,
      async () => {
        const answer = await near
          .client()
          .call("GET", `${podsPath}/${client}/log?tailLines=5`)
          .catch(() => undefined);
        const log = answer?.status === 200 ? answer.text : "";
        assert(!log.includes("was cut"), log);
        const last = Number(/(\d+)\s*$/u.exec(log)?.[1] ?? 0);
        return last > over ? last : undefined;
      },
    );
    return found;
  }

  async function metricsOf(machine: DevMachine): Promise<string> {
    return (await callUnix(machine.httpSocket, { method: "GET", path: "/metrics" })).body;
  }

  test("talk over TCP from machine to machine, and nobody in between can read it", async () => {
    const sniffer = new Capture(switchOf(near));
    try {
      await sniffer.ready();
      await make(podsPath, podOn("m1", "direct", talking(ip)));
      await heard("direct", 10);
      const passed = sniffer.bytes();
      assert(passed.includes("beemesh/workload/1 "), "it passed here");
      assert(!passed.includes(secret), "as TLS");
      assert(passed.includes(Buffer.from([0x16, 0x03, 0x01])), "it begins with a handshake");
    } finally {
      sniffer.close();
    }
    const path = /^beemesh_workload_connections_total\{path="direct"\} [1-9]/mu;
    assert.match(await metricsOf(near), path);
  });

  test("go on talking while the daemons of both machines start anew", async () => {
    let last = await heard("direct", 0);
    for (const machine of [near, far]) {
      await machine.stop();
      machine.start();
      await machine.ready();
      last = await heard("direct", last + 10);
    }
    // What begins after it goes as before.
    await make(podsPath, podOn("m1", "later", talking(ip)));
    await heard("later", 3);
    const log = readFileSync(near.logPath, "utf8");
    assert(log.includes("Stopped"), "it did stop");
  });

  test("talk through the mesh where TCP is not possible", async () => {
    const enter = far.host?.enter ?? [];
    const rules = `table inet nowhere { chain input { type filter hook input priority 0;
      tcp dport 7947 drop; }; }`;
    await runOrThrow([...enter, "nft", rules]);
    try {
      // Connections that are there would be used again: a new machine's pod has none.
      for (const name of ["direct", "later"]) {
        await near.client().call("DELETE", `${podsPath}/${name}`);
      }
      await make(podsPath, podOn("m1", "relayed", talking(ip)));
      await heard("relayed", 10);
      const path = /^beemesh_workload_connections_total\{path="relayed"\} [1-9]/mu;
      assert.match(await metricsOf(near), path);
    } finally {
      await runOrThrow([...enter, "nft", "delete table inet nowhere"]);
    }
  });
});

/** The namespace of the switch that a machine's cable leads to. */
function switchOf({ host }: DevMachine): string {
  return (host?.name ?? "").replace(/-m\d+$/u, "-sw");
}

/**
 * A program outside any container on one machine, and a pod of another that talks to it: with
 * identities at both ends, as far as policy lets it, and no longer than it is attached.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isNetworkPossible, runOrThrow } from "@beemesh/lab";
import { helloImage } from "@beemesh/runtime";
import type { JsonObject } from "@beemesh/wire";
import type { DevMachine } from "./machine.ts";
import { type DevMesh, openDevMesh } from "./mesh.ts";
import { until } from "./until.ts";

const program = join(import.meta.dirname, "../../cli/src/main.ts");
const podsPath = "/api/v1/namespaces/default/pods";
const programsPath = "/apis/beemesh.io/v1/namespaces/default/externalworkloads";
const policiesPath = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";
const label = { "beemesh.io/external-workload": "db" };

/** What the client writes down while it is answered, and while it is not. */
const answered = /^(code 0 Hello from db\n){2}$/u;
const refused = /^(code \d+ (?!Hello)[^\n]*\n){2}$/u;

/** How long anything may take before a test has failed, in milliseconds. */
const patienceMs = 60_000;

function cannotRun(): string | false {
  if (!isNetworkPossible()) return "needs root on Linux and iproute2";
  const missing = ["podman", "busybox", "nsenter", "nft"].filter(
    (tool) => spawnSync(tool, ["--help"]).error !== undefined,
  );
  return missing.length > 0 && `not installed: ${missing.join(", ")}`;
}

/** Listens on loopback alone, and says who it is. */
const listening = `require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  socket.end("Hello from db\\n");
}).listen(5432, "127.0.0.1", () => process.stdout.write("up"));`;

/** Asks by the Service's name, again and again, and says how it went. */
const asking = `while :; do
  nc -w 3 db.default.svc.cluster.local 5432 </dev/null >/tmp/answer 2>&1
  echo "code $? $(cat /tmp/answer)"; sleep 0.2
done`;

const client: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "client", namespace: "default", labels: { app: "client" } },
  spec: {
    terminationGracePeriodSeconds: 0,
    nodeSelector: { "kubernetes.io/hostname": "m1" },
    containers: [
      {
        name: "app",
        image: helloImage,
        imagePullPolicy: "Never",
        command: ["/bin/sh", "-c", asking],
      },
    ],
  },
};

/** A pod that says who it is to whoever comes, with a Service before it. */
const cache: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "cache", namespace: "default", labels: { app: "cache" } },
  spec: {
    terminationGracePeriodSeconds: 0,
    serviceAccountName: "cache",
    nodeSelector: { "kubernetes.io/hostname": "m1" },
    containers: [
      {
        name: "app",
        image: helloImage,
        imagePullPolicy: "Never",
        command: ["/bin/sh", "-c", "while :; do echo Hello from cache | nc -l -p 6379; done"],
      },
    ],
  },
};

const cacheService: JsonObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "cache", namespace: "default" },
  spec: { selector: { app: "cache" }, ports: [{ port: 6379 }] },
};

/** Lets only one who is attached call the cache. */
const cachePolicy: JsonObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "cache", namespace: "default" },
  spec: {
    podSelector: { matchLabels: { app: "cache" } },
    policyTypes: ["Ingress"],
    ingress: [{ from: [{ podSelector: { matchLabels: label } }] }],
  },
};

/** Lets only pods with a label in, which the client has or not. */
function policyFor(app: string): JsonObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "db", namespace: "default" },
    spec: {
      podSelector: { matchLabels: label },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: { matchLabels: { app } } }] }],
    },
  };
}

describe("a program that is attached", { skip: cannotRun() }, () => {
  let mesh: DevMesh;
  let near: DevMachine;
  let far: DevMachine;
  let db: ChildProcess | undefined;

  before(async () => {
    const options = { program, runtime: "podman", tell: () => undefined } as const;
    mesh = await openDevMesh({ ...options, count: 2 });
    const [first, second] = mesh.machines;
    assert(first !== undefined && second !== undefined);
    [near, far] = [first, second];
    for (const machine of mesh.machines) await machine.untilReadyMachines(2);
    await startProgram();
    await onFar("attach", "--name", "db", "--port", "5432", "--service-account", "db", "--service");
    await call("POST", podsPath, client);
  });

  after(async () => {
    db?.kill("SIGKILL");
    if (mesh !== undefined) assert.deepEqual(await mesh.close(), []);
  });

  async function startProgram(): Promise<void> {
    const [command = "", ...enter] = far.host?.enter ?? [];
    db = spawn(command, [...enter, process.execPath, "-e", listening], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert(db.stdout);
    await once(db.stdout, "data");
  }

  function onFar(...argv: string[]): Promise<string> {
    return runOrThrow(far.command(...argv, "--data", far.data), { env: far.environment });
  }

  async function call(method: string, path: string, body?: JsonObject): Promise<string> {
    const { status, text } = await near.client().call(method, path, body);
    assert(status < 300, `${method} ${path} is answered ${status} ${text}`);
    return text;
  }

  /** Waits until the last answers that the client got are like this. */
  async function untilClient(what: string, pattern: RegExp): Promise<void> {
    await until(what, patienceMs, async () => {
      const answer = await near.client().call("GET", `${podsPath}/client/log?tailLines=2`);
      return answer.status === 200 && pattern.test(answer.text) ? true : undefined;
    });
  }

  async function untilReady(ready: boolean): Promise<void> {
    await until(`ready is ${ready}`, patienceMs, async () =>
      (await call("GET", `${programsPath}/db`)).includes(`"ready":${ready}`) ? true : undefined,
    );
  }

  test("is called by its Service's name from a pod of another machine", async () => {
    await untilReady(true);
    await untilClient("the client is answered", answered);
    assert.equal(sidecarsOf(far).length, 1);
    assert.equal(sidecarsOf(near).length, 0);
  });

  test("is kept by policy, which names both by their identities", async () => {
    await call("POST", policiesPath, policyFor("nobody"));
    await untilClient("the policy holds", refused);
    const told = /Refused a connection pod=default\/db source=(\S+) target=(\S+)/u;
    const [, source = "", target = ""] = told.exec(readFileSync(far.logPath, "utf8")) ?? [];
    assert.match(source, /^spiffe:\/\/[^/]+\/ns\/default\/sa\/default$/u);
    assert.match(target, /^spiffe:\/\/[^/]+\/ns\/default\/sa\/db$/u);
    const { found } = await until("an Event tells of it", patienceMs, async () => {
      const text = await call("GET", "/api/v1/namespaces/default/events");
      return text.includes("ConnectionRefused") ? text : undefined;
    });
    assert.match(found, /"kind":"ExternalWorkload"/u);
    await call("DELETE", `${policiesPath}/db`);
    await call("POST", policiesPath, policyFor("client"));
    await untilClient("the policy lets it in", answered);
  });

  test("calls a Service by a port of its machine, as itself: others are refused", async () => {
    const account = { metadata: { name: "cache", namespace: "default" } };
    await call("POST", "/api/v1/namespaces/default/serviceaccounts", account);
    await call("POST", podsPath, cache);
    await call("POST", "/api/v1/namespaces/default/services", cacheService);
    await call("POST", policiesPath, cachePolicy);
    const reach = (port: number): readonly string[] => ["--reach", `cache:6379=${port}`];
    const asDb = ["--service-account", "db", "--service"];
    await onFar("attach", "--name", "db", "--port", "5432", ...asDb, ...reach(16_379));
    await onFar("attach", "--name", "other", ...reach(16_380));
    const ask = (port: number): Promise<string> => {
      const [command = "", ...enter] = far.host?.enter ?? [];
      const nc = [...enter, "busybox", "nc", "-w", "3", "127.0.0.1", String(port)];
      return runOrThrow([command, ...nc]).catch(() => "refused");
    };
    await until("the cache answers the one", patienceMs, async () =>
      (await ask(16_379)).includes("Hello from cache") ? true : undefined,
    );
    const told = /pod=default\/cache source=(\S+\/sa\/default) target=(\S+\/sa\/cache)/u;
    await until("the other is refused, by name", patienceMs, async () => {
      assert.doesNotMatch(await ask(16_380), /Hello/u);
      return told.test(readFileSync(near.logPath, "utf8")) ? true : undefined;
    });
    assert.match(await ask(16_379), /Hello from cache/u);
    await onFar("attach", "--name", "other", "--detach");
    await untilClient("the client is answered", answered);
  });

  test("does nothing for who only writes its record, until the owner agrees", async () => {
    const spec = {
      machine: far.name,
      ports: [{ port: 22 }],
      readinessProbe: { tcpSocket: { port: 22 } },
    };
    const foreign = { apiVersion: "beemesh.io/v1", kind: "ExternalWorkload", spec };
    const metadata = { name: "foreign", namespace: "default" };
    const earlier = sidecarsOf(far);
    await call("POST", programsPath, { ...foreign, metadata });
    await until("its condition says so", patienceMs, async () =>
      (await call("GET", `${programsPath}/foreign`)).includes("--accept") ? true : undefined,
    );
    await until("an Event says so", patienceMs, async () =>
      (await call("GET", "/api/v1/namespaces/default/events")).includes("NotAccepted")
        ? true
        : undefined,
    );
    assert.deepEqual(sidecarsOf(far), earlier);
    assert.match(await onFar("attach", "--name", "foreign", "--accept"), /may do this here/u);
    await until("it has a sidecar", patienceMs, async () =>
      sidecarsOf(far).length > earlier.length ? true : undefined,
    );
    await onFar("attach", "--name", "foreign", "--detach");
  });

  test("keeps its sidecar while its machine's daemon starts anew", async () => {
    const earlier = sidecarsOf(far);
    await far.stop();
    assert.deepEqual(sidecarsOf(far), earlier);
    far.start();
    await far.ready();
    await untilClient("the client is answered", answered);
    assert.deepEqual(sidecarsOf(far), earlier);
  });

  test("is refused while it does not run, and is there again with its successor", async () => {
    db?.kill("SIGKILL");
    await untilClient("nobody answers", refused);
    await untilReady(false);
    await startProgram();
    await untilReady(true);
    await untilClient("it answers again", answered);
  });

  test("is gone with its sidecar when it is detached", async () => {
    await onFar("attach", "--name", "db", "--detach");
    await untilClient("the name is gone", refused);
    await until("its sidecar is gone", patienceMs, async () =>
      sidecarsOf(far).length === 0 ? true : undefined,
    );
  });
});

/** The processes that stand before programs outside containers of a machine. */
function sidecarsOf({ data }: DevMachine): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.includes("outside") && words.some((word) => word.startsWith(`${data}/`));
    } catch {
      return false;
    }
  });
}

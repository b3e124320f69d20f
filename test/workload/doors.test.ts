/**
 * The ways into the mesh's services from outside of pods, what a pod cannot reach whatever it
 * tries, and what happens to pods' traffic when a sidecar dies.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findPrograms, run, runOrThrow } from "../../adapters/lab/src/index.ts";
import { findKubectl, seePods, until } from "../../apps/dev/src/index.ts";
import type { JsonObject } from "../../core/wire/src/index.ts";
import { cannotStage, listOf, patienceMs, Stage, serverCommand } from "./stage.ts";

const isPossible = cannotStage() === false;
const kubectl = isPossible ? await findKubectl(process.env["PATH"] ?? "") : undefined;
const { curl } = isPossible ? findPrograms("curl") : { curl: undefined };
const lacksCurl = curl === undefined && "curl is not here";
const lacksOpenssl = spawnSync("openssl", ["version"]).error !== undefined && "no openssl here";
const lacksKubectl = kubectl === undefined && "kubectl is not here";

/** Tries one address with what programs have, and prints what came of each try. */
const knock = `const [, host, ...ports] = process.argv;
const net = require("net");
const one = (port) => new Promise((resolve) => {
  const socket = net.connect({ host, port: Number(port) });
  const end = (word) => { socket.destroy(); resolve(word); };
  setTimeout(() => end("silence"), 1500);
  socket.on("connect", () => socket.write("GET / HTTP/1.0\\r\\n\\r\\n"));
  socket.on("data", (data) => end("DATA " + data));
  socket.on("end", () => end("closed"));
  socket.on("error", (error) => end(error.code));
});
Promise.all(ports.map(one)).then((all) => console.log(JSON.stringify(all)));`;

/** Sends a datagram to each host, and prints what the kernel says of it. */
const throwAt = `const [, ...hosts] = process.argv;
const one = (host) => new Promise((resolve) => {
  const socket = require("dgram").createSocket("udp4");
  const end = (word) => { socket.close(); resolve(word); };
  const patience = setTimeout(() => end("silence"), 3000);
  socket.on("message", (data) => { clearTimeout(patience); end("DATA " + data); });
  socket.on("error", (error) => { clearTimeout(patience); end(error.code); });
  socket.connect(4100, host, () => socket.send("x"));
});
Promise.all(hosts.map(one)).then((all) => console.log(JSON.stringify(all)));`;

describe("doors of the mesh, and walls of its pods", { skip: cannotStage() }, () => {
  let stage: Stage;
  let folder = "";

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "beemesh-doors-"));
    stage = await Stage.open();
    await stage.pods(
      { name: "client", on: "m1" },
      { name: "api", on: "m2", command: serverCommand },
      { name: "web", on: "m2", command: serverCommand },
    );
    for (const name of ["api", "web"]) {
      const ports = [{ name: "http", port: 80, targetPort: 8080 }];
      await stage.service({ name }, { selector: { app: name }, ports });
    }
    await stage.untilSays("client", ["wget", "-q", "-O-", "http://api/"], /^api GET/u);
  });

  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await stage?.close();
  });

  /** Runs a command on m1's host while it serves, then ends it. */
  async function whileItServes(
    argv: readonly string[],
    ready: RegExp,
    act: (match: RegExpExecArray) => Promise<void>,
  ): Promise<void> {
    const [command = "", ...rest] = argv;
    const child = spawn(command, rest, { env: { ...process.env, ...stage.near.environment } });
    try {
      await act(await firstMatch(child, ready));
    } finally {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  }

  /** What curl gets on the host of m1. */
  async function fetched(...argv: readonly string[]): Promise<string> {
    const enter = stage.near.host?.enter ?? [];
    const words = [...enter, curl?.path ?? "", "-s", "--max-time", "10", ...argv];
    const { stdout, stderr, code } = await run(words, { env: { ...curl?.env } });
    return code === 0 ? stdout : `curl ${code} ${stderr}`;
  }

  test("kubectl port-forward leads to a Service's pod on another machine", {
    skip: lacksKubectl || lacksCurl,
  }, async () => {
    const { host, kubeconfig } = stage.near;
    const argv = [...(host?.enter ?? []), kubectl?.path ?? "", "--kubeconfig", kubeconfig];
    const forward = [...argv, "port-forward", "svc/api", ":80"];
    await whileItServes(forward, /127\.0\.0\.1:(\d+) ->/u, async ([, port = ""]) => {
      const url = `http://127.0.0.1:${port}/forwarded`;
      assert.match(await fetched(url), /^api GET \/forwarded/u);
    });
  });

  test("beemesh connect leads a port of loopback to a Service", { skip: lacksCurl }, async () => {
    const argv = stage.near.command("connect", "svc/api", "--json", "--data", stage.near.data);
    await whileItServes(argv, /"address":"([^"]+)"/u, async ([, address = ""]) => {
      for (const path of ["/one", "/two"]) {
        assert.match(
          await fetched(`http://${address}${path}`),
          new RegExp(`^api GET ${path}`, "u"),
        );
      }
    });
  });

  test("an Ingress leads by host and path, also over TLS", {
    skip: lacksCurl || lacksOpenssl,
  }, async () => {
    await stage.make("/api/v1/namespaces/default/secrets", await tlsSecret(folder));
    await stage.make("/apis/networking.k8s.io/v1/namespaces/default/ingresses", shopIngress);
    const place = "shop.example:8080:127.0.0.1";
    const base = ["--resolve", place, "--resolve", place.replace("shop", "other")];
    await until("the Ingress leads", patienceMs, async () =>
      (await fetched(...base, "http://shop.example:8080/api/x")).startsWith("api GET /api/x")
        ? true
        : undefined,
    );
    assert.match(await fetched(...base, "http://shop.example:8080/"), /^web GET \/ /u);
    assert.match(await fetched(...base, "http://shop.example:8080/apish"), /^web GET \/apish/u);
    const status = ["-o", "/dev/null", "-w", "%{http_code}", "http://other.example:8080/"];
    assert.equal(await fetched(...base, ...status), "404");
    const tls = ["--cacert", join(folder, "shop.crt"), "https://shop.example:8080/api/tls"];
    assert.match(await fetched(...base, ...tls), /^api GET \/api\/tls/u);
    const wrong = ["--cacert", join(folder, "shop.crt"), "https://other.example:8080/"];
    assert.match(await fetched(...base, ...wrong), /^curl (?:60|51) /u);
  });

  test("a pod reaches no machine, no metadata service and no port that is not a pod's", async () => {
    // That a pod may send pings at all, so that those that are not answered tell something.
    await stage.says("client", ["ping", "-c", "1", "-W", "1", "127.0.0.1"]);
    const machines = stage.mesh.machines.map(({ host }) => host?.address ?? "");
    const ports = ["4100", "6443", "7947", "8080", "22"];
    const tryOne = async (host: string): Promise<void> => {
      const { stdout } = await stage.script("client", knock, host, ...ports);
      const answers = listOf(stdout);
      assert.equal(answers.length, ports.length);
      for (const answer of answers) assert.doesNotMatch(answer, /DATA/u, `${host}: ${answer}`);
      assert(!answers.includes("silence"), `${host} is refused at once: ${stdout}`);
      const { code } = await stage.exec("client", ["ping", "-c", "1", "-W", "1", host]);
      assert.notEqual(code, 0, `${host} answers no ping`);
    };
    await Promise.all([...machines, "169.254.169.254", "10.77.0.250"].map(tryOne));
    const thrown = await stage.script("client", throwAt, ...machines, "169.254.169.254");
    assert.deepEqual(listOf(thrown.stdout), Array(3).fill("EHOSTUNREACH"));
    // What listens on the machine's own loopback is not on the pod's.
    const { stdout } = await stage.script("client", knock, "127.0.0.1", ...ports);
    for (const answer of listOf(stdout)) assert.equal(answer, "ECONNREFUSED");
  });

  test("a pod has no cable to other pods: what its sidecar does not carry goes nowhere", async () => {
    const api = await stage.addressOf({ name: "api" });
    const { code } = await stage.exec("client", ["ping", "-c", "1", "-W", "1", api]);
    assert.notEqual(code, 0);
    const links = await stage.says("client", ["ip", "-o", "link"]);
    const names = links
      .trim()
      .split("\n")
      .map((line) => /^\d+: ([^:@]+)/u.exec(line)?.[1]);
    assert.deepEqual(
      names.toSorted((a = "", b = "") => a.localeCompare(b)),
      ["beemesh0", "lo"],
    );
    for (const argv of [
      ["ip", "route", "add", "10.77.0.0/16", "dev", "lo"],
      ["ip", "route", "flush", "table", "101"],
      ["ip", "link", "set", "beemesh0", "down"],
    ]) {
      const { code: denied } = await stage.exec("client", argv);
      assert.notEqual(denied, 0, argv.join(" "));
    }
    const own = ["wget", "-q", "-O-", "http://api/"];
    assert.match(await stage.says("client", own), /^api GET/u, "what is carried still is");
  });

  test("a killed sidecar comes back, and its pod's container is not started anew", async () => {
    for (const [name, machine] of [
      ["client", stage.near],
      ["api", stage.far],
    ] as const) {
      const pod = async () =>
        (await seePods(stage.near.client())).find((each) => each.name === name);
      const old = await pod();
      assert(old);
      const pid = sidecarOf(old.uid);
      assert(pid > 0, `${name} has a sidecar`);
      process.kill(pid, "SIGKILL");
      await until("another sidecar is there", patienceMs, () =>
        [0, pid].includes(sidecarOf(old.uid)) ? undefined : true,
      );
      await stage.untilSays(
        "client",
        ["timeout", "5", "wget", "-q", "-O-", "http://api/"],
        /^api GET/u,
      );
      const main = await machine.mainProcessOf(old.uid);
      assert(main > 0);
      const later = await pod();
      assert.deepEqual(
        [later?.uid, later?.startedAt, later?.restarts],
        [old.uid, old.startedAt, 0],
      );
    }
  });

  /** The process of a pod's sidecar; 0 while there is none. */
  function sidecarOf(uid: string): number {
    const marks = [`BEEMESH_POD_UID=${uid}`, `BEEMESH_STORE=${stage.mesh.directory}`];
    const found = readdirSync("/proc").filter((pid) => {
      if (!/^\d+$/u.test(pid)) return false;
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        return marks.every((mark) => environment.includes(mark));
      } catch {
        return false;
      }
    });
    assert(found.length <= 1, `one sidecar of ${uid}: ${found.join(" ")}`);
    return Number(found[0] ?? 0);
  }
});

async function firstMatch(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const { found } = await until(`${pattern} in what the command says`, patienceMs, () => {
    return pattern.exec(said) ?? undefined;
  }).catch((cause: unknown) => {
    throw new Error(`it said: ${said}`, { cause });
  });
  return found;
}

/** A Secret with a certificate of its own for shop.example, also written to the folder. */
async function tlsSecret(folder: string): Promise<JsonObject> {
  const [key, crt] = [join(folder, "shop.key"), join(folder, "shop.crt")];
  await runOrThrow(
    [
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2",
      "-subj /CN=shop.example -addext subjectAltName=DNS:shop.example",
    ]
      .join(" ")
      .split(" ")
      .concat("-keyout", key, "-out", crt),
  );
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "shop-tls" },
    type: "kubernetes.io/tls",
    data: {
      "tls.crt": readFileSync(crt).toString("base64"),
      "tls.key": readFileSync(key).toString("base64"),
    },
  };
}

const pathOf = (path: string, name: string): JsonObject => ({
  path,
  pathType: "Prefix",
  backend: { service: { name, port: { number: 80 } } },
});

const shopIngress: JsonObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "shop" },
  spec: {
    tls: [{ hosts: ["shop.example"], secretName: "shop-tls" }],
    rules: [{ host: "shop.example", http: { paths: [pathOf("/api", "api"), pathOf("/", "web")] } }],
  },
};

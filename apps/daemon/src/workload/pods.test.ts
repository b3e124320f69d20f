/** Pods of Podman that talk to each other through their sidecars, with a real daemon between. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { createRuntime, destroyStore, helloImage, makeHelloImage } from "@beemesh/runtime";
import { sidecarProgram } from "@beemesh/sidecar";
import type { JsonObject } from "@beemesh/wire";
import { at, podsPath, StageMachine, until } from "../stage.test.ts";

function cannotRun(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  const missing = ["podman", "busybox", "nsenter"].filter(
    (tool) => spawnSync(tool, ["--help"]).error !== undefined,
  );
  return missing.length > 0 && `not installed: ${missing.join(", ")}`;
}

const servicesPath = "/api/v1/namespaces/default/services";
const policiesPath = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";

function podOf(name: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "app", image: helloImage, imagePullPolicy: "Never" }],
      ...spec,
    },
  };
}

/** Asks a URL again and again, each time over a connection of its own, and says how it went. */
const asking = `const { get } = require("node:http");
const ask = () => {
  const say = (text) => (console.log("heard", text), setTimeout(ask, 100));
  get("http://web/", { agent: false, timeout: 2000 }, (response) => {
    let page = "";
    response.on("data", (chunk) => (page += chunk)).on("end", () => say(page.trim()));
  }).on("timeout", function () { this.destroy(); }).on("error", ({ code }) => say(code));
};
ask();`;

/** A pod that runs this computer's own Node, with the libraries that it needs. */
function nodePod(name: string, script: string): JsonObject {
  const folders = [
    ["node", dirname(realpathSync(process.execPath)), "/node"],
    ["lib", "/usr/lib", "/lib"],
    ["lib64", "/usr/lib64", "/lib64"],
  ].filter(([, path = ""]) => existsSync(path));
  return podOf(name, {
    volumes: folders.map(([volume = "", path = ""]) => ({ name: volume, hostPath: { path } })),
    containers: [
      {
        name: "app",
        image: helloImage,
        imagePullPolicy: "Never",
        command: ["/node/node", "-e", script],
        volumeMounts: folders.map(([volume = "", , mountPath = ""]) => ({
          name: volume,
          mountPath,
          readOnly: true,
        })),
      },
    ],
  });
}

const service: JsonObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default" },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
};

/** Lets nobody in but pods that there are none of. */
const closed: JsonObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "closed", namespace: "default" },
  spec: { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress"] },
};

describe("pods with sidecars", { skip: cannotRun() }, () => {
  test("reach each other by a Service's name, as far as policy lets them", async () => {
    const data = mkdtempSync(join(tmpdir(), "pods-"));
    const machine = new StageMachine("m1", data, { settings: { runtime: "podman" } });
    mkdirSync(join(data, "runtime"), { recursive: true });
    try {
      machine.found();
      const directory = join(data, "runtime");
      const options = { driver: "podman", directory, sidecarPath: sidecarProgram() } as const;
      const runtime = await createRuntime(options);
      await makeHelloImage(runtime);
      await runtime.close();
      await machine.start();
      const make = async (path: string, body: JsonObject): Promise<void> => {
        const { status, text } = await machine.call("POST", path, body);
        assert.equal(status, 201, text);
      };
      await make(podsPath, podOf("web"));
      await make(servicesPath, service);
      await make(podsPath, nodePod("client", asking));
      const clientLog = async (): Promise<string> =>
        (await machine.call("GET", `${podsPath}/client/log?tailLines=3`)).text;
      await until("the client is answered", async () =>
        (await clientLog()).includes("Hello from web"),
      );
      const { body: page } = await machine.callClassic("/v1/connections", { isUnix: true });
      const rows = at(page, "connections");
      assert(Array.isArray(rows));
      const row = rows.find((each) => at(each, "direction") === "out");
      assert.deepEqual(
        [at(row, "from"), at(row, "to"), at(row, "services"), at(row, "path")],
        ["default/client", "default/web", ["default/web"], "local"],
      );
      const metrics = (await machine.callClassic("/metrics")).text;
      assert.match(metrics, /^beemesh_workload_connections_total\{path="local"\} [1-9]/mu);
      assert.match(metrics, /^beemesh_workload_\w+\{namespace="default",pod="client",/mu);
      assert.match(metrics, /^beemesh_workload_\w+\{namespace="default",pod="web",/mu);

      await make(policiesPath, closed);
      await until("the policy holds", async () => !(await clientLog()).includes("Hello"));
      const events = async (): Promise<string> =>
        (await machine.call("GET", "/api/v1/namespaces/default/events")).text;
      await until("an Event tells of it", async () =>
        (await events()).includes("ConnectionRefused"),
      );
      assert.match(await events(), /Refused tcp 8080 from spiffe:[^ ]+ to spiffe:/u);
      assert.match(machine.log.join(""), /warn {2}Refused a connection pod=default\/web/u);
      const refused = (await machine.callClassic("/metrics")).text;
      assert.match(refused, /^beemesh_workload_refused_total\{direction="in",cause="policy"/mu);
      await machine.call("DELETE", `${policiesPath}/closed`);
      await until("it is open again", async () => (await clientLog()).includes("Hello from web"));
      for (const name of ["web", "client"]) await machine.call("DELETE", `${podsPath}/${name}`);
      await until("the pods are gone", async () => (await machine.phase("web")) === "");
    } finally {
      await machine.stop();
      await destroyStore(join(data, "runtime"));
      await destroyStore(data);
    }
  });
});

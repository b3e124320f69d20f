/** Real daemons on loopback ports, in directories of their own: the stage of end-to-end tests. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { Now } from "@beemesh/base";
import { createRuntime, helloImage, makeHelloImage } from "@beemesh/runtime";
import { sidecarProgram } from "@beemesh/sidecar";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";
import { type DaemonConfig, readConfig } from "./config.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { Home } from "./home.ts";
import { presentNow } from "./host.ts";
import { createLog } from "./log.ts";

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly text: string;
  readonly warnings: string;
}

/** What a machine is started with. */
export interface StageOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly clock?: () => Now;
}

/** How long anything may take before a test has failed, in milliseconds. */
const patienceMs = 30_000;

/** One machine: its home, and the daemon while it runs. */
export class StageMachine {
  readonly home: Home;
  readonly log: string[] = [];
  readonly #name: string;
  readonly #options: StageOptions;
  #owner: Home;
  #daemon: Daemon | undefined;
  #kubeconfig = "";

  constructor(name: string, data: string, options: StageOptions) {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    this.home = new Home(data);
    this.#owner = this.home;
    this.#name = name;
    this.#options = options;
  }

  get daemon(): Daemon {
    assert(this.#daemon, `${this.#name} runs`);
    return this.#daemon;
  }

  get config(): DaemonConfig {
    const settings: Readonly<Record<string, string>> = {
      name: this.#name,
      data: this.home.data,
      runtime: "process",
      meshHost: "127.0.0.1",
      meshPort: "0",
      apiPort: "0",
      httpPort: "0",
      workloadPort: "0",
      mdns: "false",
      ...this.#options.settings,
    };
    const nothing = (): undefined => undefined;
    return readConfig({ flag: (name) => settings[name], environment: nothing, file: nothing });
  }

  /** Makes the mesh. */
  found(): void {
    this.home.initialize(Date.now());
  }

  /** Joins the mesh of another machine that runs. */
  join(first: StageMachine): void {
    const addresses = first.meshAddresses();
    const wish = { addresses, expiresMs: 3_600_000, namespaces: ["*"] };
    this.home.join(first.home.token(wish, Date.now()), Date.now());
    this.#owner = first.home;
  }

  async start(): Promise<void> {
    const write = (line: string): void => {
      this.log.push(line);
    };
    const log = createLog({ format: "text", level: "info", write, wallMs: () => Date.now() });
    this.#daemon = await startDaemon(this.config, log, this.#options.clock ?? presentNow);
    const server = `https://127.0.0.1:${this.#daemon.apiPort}`;
    const options = { server, name: this.#name, user: "owner", owner: this.#owner };
    this.#kubeconfig = this.home.kubeconfig(options, Date.now());
  }

  /** What kubectl is given; empty before the first start. */
  get kubeconfig(): string {
    return this.#kubeconfig;
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = undefined;
  }

  /** Where others find it, by its log. */
  meshAddresses(): readonly string[] {
    const list = /addresses="?(?<list>[^"\n]+)/u.exec(this.log.join(""))?.groups?.["list"];
    return (list ?? "").split(",").filter((address) => address !== "");
  }

  /** Calls the API with the kubeconfig's credentials. */
  call(
    method: string,
    path: string,
    body?: Json | string,
    contentType = "application/json",
  ): Promise<Answer> {
    const field = (name: string): Buffer => {
      const value = new RegExp(`${name}: (\\S+)`, "u").exec(this.#kubeconfig)?.[1] ?? "";
      return Buffer.from(value, "base64");
    };
    const sent = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: "127.0.0.1",
          port: this.daemon.apiPort,
          method,
          path,
          ca: field("certificate-authority-data"),
          cert: field("client-certificate-data"),
          key: field("client-key-data"),
          headers: {
            "content-type": contentType,
            ...(sent !== undefined && { "content-length": Buffer.byteLength(sent) }),
          },
        },
        (response) => {
          const { statusCode: status = 0, headers } = response;
          const warnings = headers["warning"] ?? "";
          text(response)
            .then((received) => ({ status, warnings, text: received, body: objectOf(received) }))
            .then(resolve, reject);
        },
      );
      call.on("error", reject);
      call.end(sent);
    });
  }

  /** Calls the classic interface, over TCP or the Unix socket. */
  callClassic(
    path: string,
    options: { readonly body?: string; readonly isUnix?: boolean } = {},
  ): Promise<Answer> {
    const { body, isUnix = false } = options;
    const target = isUnix ? { socketPath: this.home.httpSocket } : { port: this.daemon.httpPort };
    return new Promise((resolve, reject) => {
      const call = plainRequest(
        {
          host: "127.0.0.1",
          ...target,
          method: body === undefined ? "GET" : "POST",
          path,
          headers: { host: "localhost", "content-type": "application/yaml" },
        },
        (response) => {
          const { statusCode: status = 0 } = response;
          text(response)
            .then((received) => ({ status, text: received, body: objectOf(received) }))
            .then((answer) => resolve({ ...answer, warnings: "" }), reject);
        },
      );
      call.on("error", reject);
      call.end(body);
    });
  }

  /** A condition of this machine's Node, as `True: message`. */
  async condition(type: string, name = this.#name): Promise<string> {
    const { body } = await this.call("GET", `/api/v1/nodes/${name}`);
    const conditions = at(body, "status", "conditions");
    const found = (Array.isArray(conditions) ? conditions : []).find(
      (condition: Json) => at(condition, "type") === type,
    );
    return `${textOf(at(found, "status"))}: ${textOf(at(found, "message"))}`;
  }

  /** The phase of a pod; empty if there is none. */
  async phase(name: string): Promise<string> {
    const { body } = await this.call("GET", `/api/v1/namespaces/default/pods/${name}`);
    return textOf(at(body, "status", "phase"));
  }

  /** Puts the example's image where the process driver finds it. */
  async plantImage(): Promise<void> {
    const directory = join(this.home.data, "runtime");
    const options = { driver: "process", directory, sidecarPath: sidecarProgram() } as const;
    const runtime = await createRuntime(options);
    try {
      await makeHelloImage(runtime);
    } finally {
      await runtime.close();
    }
  }
}

/** Runs `play` with machines of a fresh directory, and removes all they leave. */
export async function withStage(
  play: (make: (name: string, options?: StageOptions) => StageMachine) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "daemon-"));
  const machines: StageMachine[] = [];
  try {
    await play((name, options = {}) => {
      const machine = new StageMachine(name, join(directory, name), options);
      machines.push(machine);
      return machine;
    });
  } finally {
    for (const machine of machines) await machine.stop().catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Machines of one mesh, each of which knows all others. */
export async function meshOf(
  make: (name: string) => StageMachine,
  count: number,
): Promise<StageMachine[]> {
  const names = Array.from({ length: count }, (_, index) => `m${index + 1}`);
  const machines = names.map((name) => make(name));
  const [first, ...others] = machines;
  assert(first);
  for (const machine of machines) await machine.plantImage();
  first.found();
  await first.start();
  for (const machine of others) {
    machine.join(first);
    await machine.start();
  }
  for (const machine of machines) {
    for (const name of names) {
      await until(`${name} is ready everywhere`, async () =>
        (await machine.condition("Ready", name)).startsWith("True"),
      );
    }
  }
  return machines;
}

/** Waits until something holds. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  msMax = patienceMs,
): Promise<void> {
  const deadline = performance.now() + msMax;
  while (!(await holds())) {
    assert(performance.now() < deadline, `waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What stands at a path of members. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const member of path) found = isJsonObject(found) ? found[member] : undefined;
  return found;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A pod of the example's image. */
export function podNamed(name: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "web", image: helloImage, imagePullPolicy: "Never" }],
    },
  };
}

/** A ConfigMap with so much data, in bytes. */
export function mapNamed(name: string, bytes = 1): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { text: "x".repeat(bytes) },
  };
}

export const mapsPath = "/api/v1/namespaces/default/configmaps";
export const podsPath = "/api/v1/namespaces/default/pods";

function objectOf(received: string): JsonObject {
  const parsed = parseJson(received, { lengthMax: 64 * 1024 * 1024, depthMax: 64 });
  return isJsonObject(parsed) ? parsed : {};
}

test("waits until something holds", async () => {
  let asked = 0;
  await until("the second question", () => Promise.resolve((asked += 1) === 2));
  assert.equal(asked, 2);
});
